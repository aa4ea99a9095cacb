import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGraph } from './check.ts';
import { addDims, type Dim, symbol } from './dim.ts';
import { evaluate } from './evaluate.ts';
import { add } from './ops/add.ts';
import { concat } from './ops/concat.ts';
import { divide } from './ops/divide.ts';
import { exp } from './ops/exp.ts';
import { expand } from './ops/expand.ts';
import { multiply } from './ops/multiply.ts';
import { relu } from './ops/relu.ts';
import { reshape } from './ops/reshape.ts';
import { pad, slice } from './ops/slice-pad.ts';
import { subtract } from './ops/subtract.ts';
import { sum } from './ops/sum.ts';
import { tanh } from './ops/tanh.ts';
import { transpose } from './ops/transpose.ts';
import { printGraph } from './print.ts';
import { simplify } from './simplify.ts';
import { constant, type Graph, input, scalar, topological, type Value, weight } from './value.ts';

const n = symbol('n');
const x = input('x', [n, 4]);
const y = input('y', [n, 2]);
const graph = (...outputs: Value[]): Graph => ({
  name: 'test',
  inputs: [x, y],
  outputs: Object.fromEntries(outputs.map((value, i) => [`out${i}`, value])),
});
const simplified = (value: Value): Value => simplify(graph(value)).outputs['out0']!;

describe('simplify', () => {
  it('computes small constants', () => {
    const result = simplified(multiply(x, add(exp(scalar(0)), constant([4], [1, 2, 3, 4]))));
    expect(printGraph(graph(result))).toContain('%0 = multiply(x, {2, 3, 4, 5} [4])');
  });

  it('leaves large constants to the runtime', () => {
    const large = expand(scalar(2), [100, 100]);
    expect(simplified(large)).toBe(large);
  });

  it('drops steps without effect', () => {
    const [zero, one] = [scalar(0), constant([1, 4], [1, 1, 1, 1])];
    expect(simplified(subtract(add(zero, add(x, zero)), zero))).toBe(x);
    expect(simplified(divide(multiply(one, multiply(x, one)), one))).toBe(x);
    // These look alike, but are not: 0 − x, 1 / x, and a zero that stretches.
    for (const kept of [subtract(zero, x), divide(one, x), add(x, constant([2, 1, 1], [0, 0]))]) {
      expect(simplified(kept)).toBe(kept);
    }
  });

  it('drops steps that undo one another', () => {
    expect(simplified(reshape(reshape(x, [4, n]), [n, 4]))).toBe(x);
    expect(simplified(transpose(transpose(x, [1, 0]), [1, 0]))).toBe(x);
    const turned = transpose(transpose(reshape(x, [n, 2, 2]), [1, 2, 0]), [1, 0, 2]);
    expect(printGraph(graph(simplified(turned)))).toContain('%1 = transpose(%0, permutation=[2, 1, 0])');
  });

  it('takes parts of a concatenation instead of slicing it', () => {
    const both = concat([x, y, x], 1);
    expect(simplified(slice(both, 1, 4, 6))).toBe(y);
    expect(printGraph(graph(simplified(slice(both, 1, 4, 10))))).toContain('%0 = concat(y, x, axis=1)');
    expect(printGraph(graph(simplified(slice(both, 1, 7, 9))))).toContain('%0 = slice(x, axis=1, range=[1, 3])');
    expect(simplified(slice(both, 1, 4, 4)).shape).toEqual([n, 0]);
    const rows = concat([x, x], 0);
    expect(simplified(slice(rows, 0, n, addDims(n, n)))).toBe(x);
    for (const kept of [slice(both, 1, 3, 5), slice(rows, 0, 1, n), slice(both, 0, 0, 1)]) {
      expect(simplified(kept)).toBe(kept);
    }
  });

  it('reads a reshaped weight in its new shape', () => {
    const w = weight({ name: 'w', dtype: 'F32', shape: [2, 6, 1, 1], file: 'f', offset: 0, length: 48 });
    expect(simplified(reshape(w, [2, 6]))).toMatchObject({ kind: 'weight', shape: [2, 6] });
  });

  it('computes equal values once and forgets unused ones', () => {
    const twice = simplify(
      graph(add(exp(x), exp(x)), multiply(tanh(exp(x)), scalar(2)), multiply(tanh(exp(x)), scalar(2))),
    );
    expect(printGraph(twice)).toMatchInlineSnapshot(`
      "test(x: f32 [n, 4], y: f32 [n, 2])
        %0 = exp(x) : f32 [n, 4]
        %1 = add(%0, %0) : f32 [n, 4]
        %2 = tanh(%0) : f32 [n, 4]
        %3 = multiply(%2, 2) : f32 [n, 4]
        out0 = %1
        out1 = %3
        out2 = %3"
    `);
  });

  it('keeps apart what differs in an attribute, a type or a sign', () => {
    const values = [slice(x, 1, 0, 2), slice(x, 1, 1, 3), divide(x, scalar(0)), divide(x, scalar(-0))];
    expect(topological(Object.values(simplify(graph(...values)).outputs))).toHaveLength(values.length + 3);
  });

  it('changes no result, and nothing the second time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(), { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 3 }),
        (steps, size) => {
          const original = randomGraph(steps);
          const shorter = simplify(original);
          checkGraph(shorter);
          const count = (one: Graph) => topological(Object.values(one.outputs)).length;
          expect(count(shorter)).toBeLessThanOrEqual(count(original));
          const feeds = {
            x: { shape: [size, 4], data: Float64Array.from({ length: size * 4 }, (_, i) => Math.sin(i + 1)) },
            y: { shape: [size, 2], data: Float64Array.from({ length: size * 2 }, (_, i) => Math.cos(i + 1)) },
          };
          const [before, after] = [evaluate(original, feeds), evaluate(shorter, feeds)];
          for (const [name, { shape, data }] of Object.entries(before)) {
            expect(after[name]!.shape).toEqual(shape);
            // x + 0 is x but for the sign of zero.
            expect(Array.from(after[name]!.data, (v) => v + 0)).toEqual(Array.from(data, (v) => v + 0));
          }
          const again = simplify(shorter);
          expect(printGraph(again)).toBe(printGraph(shorter));
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** A graph of one value a step: each takes its op, its inputs and its settings from four numbers. */
function randomGraph(steps: readonly (readonly number[])[]): Graph {
  const values: Value[] = [
    x,
    y,
    scalar(0),
    scalar(1),
    constant([2], [1, 1]),
    constant([4], [0, 0, 0, 0]),
    constant([2, 2], [1, 2, 3, 4]),
  ];
  for (const [op, first, second, setting] of steps as [number, number, number, number][]) {
    const a = values[first % values.length]!;
    const b = values[second % values.length]!;
    try {
      values.push(step(op, a, b, setting));
    } catch (error) {
      // Shapes that do not fit make no step.
      if (!(error instanceof Error && /^\w+: /.test(error.message))) throw error;
    }
  }
  return graph(...values.slice(-3));
}

function step(op: number, a: Value, b: Value, setting: number): Value {
  const rank = a.shape.length;
  const axis = rank === 0 ? 0 : setting % rank;
  const steps: readonly (() => Value)[] = [
    () => add(a, b),
    () => subtract(a, b),
    () => multiply(a, b),
    () => divide(a, b),
    () => relu(tanh(a)),
    () => transpose(a, rotated(rank, setting)),
    () => transpose(a, swapped(rank, setting)),
    () => reshape(a, [...a.shape.slice(0, axis), 1, ...a.shape.slice(axis)]),
    () =>
      reshape(
        a,
        a.shape.filter((dim) => dim !== 1),
      ),
    () => reshape(a, [...a.shape].reverse()),
    () => concat(setting % 2 === 0 ? [a, b] : [b, a, b], axis),
    () => slice(a, axis, 0, placeWithin(a, axis, setting)),
    () => slice(a, axis, placeWithin(a, axis, setting), a.shape[axis] ?? 0),
    () => expand(a, [2, ...a.shape]),
    () =>
      pad(
        a,
        a.shape.map(() => 0).fill(setting % 2),
        a.shape.map(() => 0),
      ),
    () => sum(a, [axis]),
  ];
  return steps[op % steps.length]!();
}

const rotated = (rank: number, by: number): number[] => Array.from({ length: rank }, (_, i) => (i + by) % rank);

/** The first axis exchanged with another: does not commute with a rotation. */
const swapped = (rank: number, other: number): number[] => {
  const axes = rotated(rank, 0);
  const i = rank === 0 ? 0 : other % rank;
  return axes.map((axis) => (axis === 0 ? i : axis === i ? 0 : axis));
};

/** A place within an axis: any where its size is known, else the border of a concatenation's first part, if it is one. */
function placeWithin(value: Value, axis: number, setting: number): Dim {
  const size = value.shape[axis] ?? 0;
  if (typeof size === 'number') return setting % (size + 1);
  const parts = value.kind === 'result' && value.op.name === 'concat' ? value.inputs : [value];
  return parts[0]!.shape[axis]!;
}
