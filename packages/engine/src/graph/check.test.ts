import { describe, expect, it } from 'vitest';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { checkGraph } from './check.ts';
import { addDims, multiplyDims, symbol } from './dim.ts';
import { add } from './ops/add.ts';
import { expand } from './ops/expand.ts';
import { multiply } from './ops/multiply.ts';
import { size } from './ops/size.ts';
import { constant, type Graph, input, type ResultValue, weight } from './value.ts';

const n = symbol('n');
const x = input('x', [n, 4]);
const entry: TensorEntry = { name: 'w', dtype: 'F16', shape: [4], file: 'f', offset: 0, length: 8 };
const graph = (outputs: Graph['outputs'], inputs: Graph['inputs'] = [x]): Graph => ({ name: 'test', inputs, outputs });

describe('checkGraph', () => {
  it('accepts a graph that holds together', () => {
    const blocks = weight({ ...entry, name: 'q', dtype: 'Q8_0', shape: [32], length: 34 });
    const y = add(multiply(x, weight(entry)), size([n]));
    expect(() => checkGraph(graph({ y, blocks }))).not.toThrow();
    expect(() => checkGraph(graph({ y }, [x, input('half', [multiplyDims(n, 2)])]))).not.toThrow();
  });

  it('names the node whose type is not what its op says', () => {
    const good = add(x, x) as ResultValue;
    expect(() => checkGraph(graph({ y: { ...good, shape: [n, 5] } }))).toThrow(
      'test: %0 = add(x, x) : f32 [n, 5]: the op says f32 [n, 4]',
    );
    expect(() => checkGraph(graph({ y: { ...good, inputs: [x, constant([3], [1, 2, 3])] } }))).toThrow(
      'test: %0 = add(x, {1, 2, 3} [3]) : f32 [n, 4]: add: [n, 4] and [3] do not broadcast',
    );
  });

  it('refuses names used twice and none', () => {
    expect(() => checkGraph(graph({ y: x }, [x, input('x', [n])]))).toThrow('test: x: two inputs');
    expect(() => checkGraph(graph({ x: add(x, x) }))).toThrow('test: x: two inputs or outputs have this name');
    expect(() => checkGraph(graph({ '': x }))).toThrow('a name is empty');
  });

  it('refuses an input that the graph does not list', () => {
    expect(() => checkGraph(graph({ y: add(x, input('stray', [4])) }))).toThrow(
      'test: input stray: used, but not among',
    );
  });

  it('refuses symbols that no input gives a size', () => {
    const m = symbol('m');
    expect(() => checkGraph(graph({ y: expand(x, [m, n, 4]) }))).toThrow(
      'test: %0 = expand(x, shape=[m, n, 4]) : f32 [m, n, 4]: no input has an axis of size m',
    );
    expect(() => checkGraph(graph({ y: size([m]) }))).toThrow('no input has an axis of size m');
    const composite = input('composite', [addDims(m, 1)]);
    expect(() => checkGraph(graph({ y: composite }, [composite]))).toThrow(
      'test: input composite: no input has an axis of size m',
    );
  });

  it('refuses weights whose bytes do not fit', () => {
    expect(() => checkGraph(graph({ y: weight({ ...entry, length: 16 }) }))).toThrow(
      'test: weight w: [4] of F16 takes 8 bytes, not 16',
    );
    expect(() => checkGraph(graph({ y: { ...weight(entry), shape: [5] } }))).toThrow('test: weight w: is read as [5]');
    expect(() => checkGraph(graph({ y: { ...constant([2], [1, 2]), shape: [3] } }))).toThrow('holds 2 elements');
  });
});
