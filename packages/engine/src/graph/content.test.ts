import { describe, expect, it } from 'vitest';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { graphContent, weightFiles } from './content.ts';
import { symbol } from './dim.ts';
import { add } from './ops/add.ts';
import { linear } from './ops/linear.ts';
import { multiply } from './ops/multiply.ts';
import { sum } from './ops/sum.ts';
import { constant, type Graph, input, scalar, weight } from './value.ts';

const entry: TensorEntry = { name: 'w', dtype: 'F16', shape: [4, 4], file: '/a.safetensors', offset: 64, length: 32 };

interface Changes {
  readonly entry?: Partial<TensorEntry>;
  readonly factor?: number;
  readonly table?: readonly number[];
  readonly axes?: readonly number[];
  readonly rows?: string;
  readonly output?: string;
}

function example({
  entry: other,
  factor = 2,
  table = [1, 2, 3, 4],
  axes = [0],
  rows = 'n',
  output = 'y',
}: Changes = {}): Graph {
  const x = input('x', [symbol(rows), 4]);
  const y = add(multiply(linear(x, weight({ ...entry, ...other })), scalar(factor)), constant([4], table));
  return { name: 'example', inputs: [x], outputs: { [output]: sum(y, axes) } };
}

describe('graphContent', () => {
  it('is the same for graphs built alike', () => {
    expect(graphContent(example())).toBe(graphContent(example()));
  });

  it.each<[string, Changes]>([
    ['a constant', { factor: 3 }],
    ['one element of many', { table: [1, 2, 3, 4.000001] }],
    ['an attribute', { axes: [1] }],
    ['the name of a dimension', { rows: 'm' }],
    ['the name of an output', { output: 'z' }],
    ['the file of a weight', { entry: { file: '/b.safetensors' } }],
    ['the place of a weight', { entry: { offset: 96 } }],
    ['the type of a weight', { entry: { dtype: 'BF16' } }],
  ])('differs with %s', (_, changes) => {
    expect(graphContent(example(changes))).not.toBe(graphContent(example()));
  });

  it('does not depend on what a tensor or the graph is called', () => {
    const renamed = { ...example({ entry: { name: 'other' } }), name: 'other' };
    expect(graphContent(renamed)).toBe(graphContent(example()));
  });
});

describe('weightFiles', () => {
  it('names each file once', () => {
    const x = input('x', [1, 4]);
    const [a, b] = [weight(entry), weight({ ...entry, file: '/b.safetensors' })];
    const y = linear(linear(linear(x, a), weight({ ...entry, offset: 96 })), b);
    expect(weightFiles({ name: 'g', inputs: [x], outputs: { y } })).toEqual(['/a.safetensors', '/b.safetensors']);
  });
});
