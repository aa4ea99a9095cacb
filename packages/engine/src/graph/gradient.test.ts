import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finiteDifferences } from '../../../../tests/finite-differences.ts';
import { relativeError } from '../../../../tests/relative-error.ts';
import { checkGraph } from './check.ts';
import { symbol } from './dim.ts';
import { evaluate } from './evaluate.ts';
import { gradient, pullBack } from './gradient.ts';
import { add } from './ops/add.ts';
import { concat } from './ops/concat.ts';
import { exp } from './ops/exp.ts';
import { gather } from './ops/gather-scatter.ts';
import { mean } from './ops/mean.ts';
import { multiply } from './ops/multiply.ts';
import { negate } from './ops/negate.ts';
import { sigmoid } from './ops/sigmoid.ts';
import { silu } from './ops/silu.ts';
import { slice } from './ops/slice-pad.ts';
import { softmax } from './ops/softmax.ts';
import { square } from './ops/square.ts';
import { step } from './ops/step.ts';
import { subtract } from './ops/subtract.ts';
import { sum } from './ops/sum.ts';
import { tanh } from './ops/tanh.ts';
import { transpose } from './ops/transpose.ts';
import { sin } from './ops/trigonometry.ts';
import { apply, type Graph, input, type InputValue, scalar, topological, type Value } from './value.ts';

const n = symbol('n');
const x = input('x', [n, 3]);
const row = input('row', [3]);
const column = input('column', [n, 1]);
const inputs = [x, row, column];
const sizes = { x: [2, 3], row: [3], column: [2, 1] };
const feeds = Object.fromEntries(
  Object.entries(sizes).map(([name, shape], k) => {
    const data = Float64Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(3 * i + k + 1));
    return [name, { shape, data }];
  }),
);
const total = (value: Value): Value =>
  sum(
    value,
    value.shape.map((_, axis) => axis),
  );
const run = (outputs: Graph['outputs']) => evaluate({ name: 'test', inputs, outputs }, feeds);

/** Largest relative error of the gradients of a loss by all three inputs against finite differences; null stands for zero. */
function gradientError(loss: Value): number {
  const grads = gradient(loss, inputs);
  const outputs = Object.fromEntries(grads.map((grad, i) => [`by ${inputs[i]!.name}`, grad ?? scalar(0)]));
  checkGraph({ name: 'gradients', inputs, outputs });
  const found = run(outputs);
  const errors = inputs.map(({ name }, i) => {
    const { shape, data } = feeds[name]!;
    const lossAt = (moved: Float64Array): number =>
      evaluate({ name: 'loss', inputs, outputs: { loss } }, { ...feeds, [name]: { shape, data: moved } })['loss']!
        .data[0]!;
    const actual = grads[i] === null ? data.map(() => 0) : found[`by ${name}`]!.data;
    return relativeError(actual, finiteDifferences(lossAt, data), 1e-9);
  });
  return Math.max(...errors);
}

describe('gradient', () => {
  it('adds up over every use of a shared value', () => {
    const shared = exp(x);
    expect(gradientError(total(multiply(multiply(shared, shared), add(shared, x))))).toBeLessThan(1e-6);
  });

  it('follows both sides of a diamond', () => {
    const top = silu(multiply(x, row));
    const [left, right] = [sin(top), tanh(top)];
    expect(gradientError(total(square(multiply(left, add(right, left)))))).toBeLessThan(1e-6);
  });

  it('sums over stretched axes', () => {
    expect(gradientError(total(square(add(multiply(x, row), multiply(column, scalar(2))))))).toBeLessThan(1e-6);
    expect(gradientError(total(square(subtract(row, column))))).toBeLessThan(1e-6);
    expect(gradientError(mean(square(multiply(column, row)), [0, 1]))).toBeLessThan(1e-6);
  });

  it('goes through ops that move elements', () => {
    const both = concat([x, transpose(transpose(multiply(x, row), [1, 0]), [1, 0])], 1);
    expect(gradientError(total(square(softmax(slice(both, 1, 1, 5)))))).toBeLessThan(1e-6);
  });

  it('is again a graph that has a gradient', () => {
    const [first] = gradient(total(multiply(square(x), silu(x))), [x]);
    expect(gradientError(total(multiply(first!, row)))).toBeLessThan(1e-6);
    const cube = total(multiply(x, square(x)));
    const second = gradient(total(gradient(cube, [x])[0]!), [x])[0]!;
    const { twice } = run({ twice: second });
    expect(
      relativeError(
        twice!.data,
        feeds['x']!.data.map((v) => 6 * v),
      ),
    ).toBeLessThan(1e-14);
  });

  it('is null for what the loss does not depend on', () => {
    expect(gradient(total(exp(x)), [row, x, column]).map((grad) => grad === null)).toEqual([true, false, true]);
    // A step is flat everywhere.
    expect(gradient(total(step(x)), [x])).toEqual([null]);
    expect(gradient(scalar(3), [x])).toEqual([null]);
  });

  it('costs nothing for what is frozen', () => {
    let deep: Value = x;
    for (let i = 0; i < 100; i++) deep = silu(multiply(deep, row));
    const loss = total(multiply(deep, column));
    const before = new Set(topological([loss]));
    const added = (wanted: Value) => topological([gradient(loss, [wanted])[0]!]).filter((value) => !before.has(value));
    // By the last factor: the cotangent 1, stretched, times the other factor, summed to a column.
    expect(added(column).map((value) => (value.kind === 'result' ? value.op.name : value.kind))).toEqual([
      'constant',
      'reshape',
      'expand',
      'multiply',
      'sum',
      'reshape',
    ]);
    expect(added(x).length).toBeGreaterThan(100);
  });

  it('refuses ops without a gradient only where it has to go through them', () => {
    const { gradient: _, ...opaque } = { ...(exp(x) as Extract<Value, { kind: 'result' }>).op };
    const loss = (value: Value) => total(multiply(apply(opaque, [value], {}), column));
    expect(() => gradient(loss(x), [x])).toThrow('gradient: exp has no gradient');
    expect(gradient(loss(x), [column])[0]).not.toBeNull();
  });

  it('refuses a loss that is no scalar', () => {
    expect(() => gradient(x, [x])).toThrow('the loss is not a scalar');
  });

  it('does not pass through integers', () => {
    const ids = input('ids', [4], 'i64');
    const table = input('table', [5, 2]);
    const [byTable, byIds] = gradient(total(square(gather(table, ids))), [table, ids]);
    expect(byIds).toBeNull();
    const all = { name: 'rows', inputs: [ids, table], outputs: { byTable: byTable! } };
    const { byTable: found } = evaluate(all, {
      ids: { shape: [4], data: Float64Array.of(3, 1, 3, 0) },
      table: { shape: [5, 2], data: Float64Array.from({ length: 10 }, (_, i) => i) },
    });
    expect([...found!.data]).toEqual([0, 2, 4, 6, 0, 0, 24, 28, 0, 0]);
  });

  it('agrees with finite differences on random graphs', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 8 }), (steps) => {
        const values: Value[] = [x, row, column];
        for (const [op, first, second] of steps) {
          const [a, b] = [values[first % values.length]!, values[second % values.length]!];
          const choices = [
            () => add(a, b),
            () => multiply(a, sigmoid(b)),
            () => sin(a),
            () => silu(a),
            () => subtract(tanh(a), b),
            () => multiply(softmax(a), b),
          ];
          values.push(choices[op % choices.length]!());
        }
        expect(gradientError(add(total(square(tanh(values.at(-1)!))), total(sin(values.at(-2)!))))).toBeLessThan(1e-6);
      }),
      { numRuns: 100 },
    );
  });
});

describe('pullBack', () => {
  it('takes cotangents of several values at once, also of one that another depends on', () => {
    const inner = exp(x);
    const outer = multiply(inner, row);
    const cotangents = { g: input('g', [n, 3]), h: input('h', [n, 3]) };
    const [grad] = pullBack(
      [
        { value: outer, cotangent: cotangents.g },
        { value: inner, cotangent: cotangents.h },
      ],
      [x],
    );
    const all: InputValue[] = [...inputs, cotangents.g, cotangents.h];
    const { grad: found } = evaluate(
      { name: 'several', inputs: all, outputs: { grad: grad! } },
      { ...feeds, g: feeds['x']!, h: feeds['x']! },
    );
    const [data, factors] = [feeds['x']!.data, feeds['row']!.data];
    expect(
      relativeError(
        found!.data,
        data.map((v, i) => v * Math.exp(v) * (factors[i % 3]! + 1)),
      ),
    ).toBeLessThan(1e-14);
  });

  it('answers for values inside the graph, for the value itself and for one asked twice', () => {
    const inner = exp(x);
    const cotangent = multiply(x, scalar(5));
    const outer = negate(inner);
    const grads = pullBack([{ value: outer, cotangent }], [inner, outer, inner, x]);
    expect(grads[1]).toBe(cotangent);
    expect(grads[0]).toBe(grads[2]);
    expect(grads[3]).not.toBeNull();
  });

  it('refuses a cotangent of another shape', () => {
    expect(() => pullBack([{ value: x, cotangent: row }], [x])).toThrow('a cotangent [3] for a value [n, 3]');
  });

  it('does not overflow the stack on deep graphs', () => {
    let deep: Value = x;
    for (let i = 0; i < 20_000; i++) deep = negate(deep);
    expect(pullBack([{ value: deep, cotangent: x }], [x])[0]).not.toBeNull();
  });
});
