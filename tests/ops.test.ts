import {
  type Dim,
  equalShapes,
  evaluateDim,
  evaluateShape,
  foldDim,
  addDims,
  floorDivideDim,
  multiplyDims,
  symbol,
} from '@danqing/engine/graph/dim';
import { evaluate, type Float64Tensor } from '@danqing/engine/graph/evaluate';
import { pullBack } from '@danqing/engine/graph/gradient';
import type { Attributes, Op, OpExample } from '@danqing/engine/graph/op';
import { ops } from '@danqing/engine/graph/ops/index';
import { apply, type Graph, input, type InputValue, type Value } from '@danqing/engine/graph/value';
import { elementCount } from '@danqing/engine/tensor/tensor';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { beforeAll, describe, expect, it } from 'vitest';
import { toFeeds } from './feeds.ts';
import { finiteDifferences } from './finite-differences.ts';
import { relativeError } from './relative-error.ts';
import { seededRandom } from './seeded-random.ts';

// The one loop that proves every op: shape rule, gradient, reference and ONNX form against one another.

const SEEDS = 5;

describe.each(Object.values(ops) as unknown as Op<Attributes>[])('$name', (op) => {
  let fixed: Case[] = [];
  let free: Case[] = [];

  beforeAll(() => {
    const seeds = Array.from({ length: SEEDS }, (_, i) => seededRandom(`${op.name} ${i}`));
    const examples = seeds.flatMap((random) => op.examples(random));
    fixed = examples.map((example, i) => makeCase(op, fixSizes(example), `fixed${i}`));
    const freed = examples
      .map((example) => freeSizes(op, example))
      .filter(({ sizes = {} }) => Object.keys(sizes).length > 0);
    free = freed.map((example, i) => makeCase(op, example, `free${i}`));
  });

  it('has examples, some of them with sizes known only when the graph runs', () => {
    expect(fixed.length).toBeGreaterThanOrEqual(SEEDS);
    expect(free.length).toBeGreaterThan(0);
  });

  it('has the gradient that finite differences of its reference have', () => {
    for (const { graph, feeds, name, gradients } of [...fixed, ...free]) {
      const found = evaluate(graph, feeds);
      for (const { key, of } of gradients) {
        const expected = differences({ ...graph, outputs: { y: graph.outputs[`${name}_y`]! } }, feeds, of, `${name}_g`);
        // A rule that answers null says that the gradient is zero.
        const actual = found[key]?.data ?? new Float64Array(expected.length);
        expect(relativeError(actual, expected, 1e-9), `${key} ${JSON.stringify(graph.inputs)}`).toBeLessThan(1e-6);
      }
    }
  });

  it.each(['standard', 'onnxruntime'] as const)('is in ONNX (%s) what its reference is', async (dialect) => {
    const cases = [...fixed, ...free];
    const graph: Graph = {
      name: op.name,
      inputs: cases.flatMap((one) => one.graph.inputs),
      outputs: Object.assign({}, ...cases.map((one) => one.graph.outputs)) as Graph['outputs'],
    };
    const feeds = Object.assign({}, ...cases.map((one) => one.feeds)) as Record<string, Float64Tensor>;
    const expected = evaluate(graph, feeds);
    const session = await openOnCpu(graph, 'quick', 1, dialect);
    const found = await session.run(toFeeds(graph, feeds));
    await session.release();
    for (const [key, { shape, data }] of Object.entries(expected)) {
      expect(found[key]!.shape, key).toEqual(shape);
      expect(data.length, key).toBe(elementCount(shape));
      expect(relativeError(found[key]!.data, data, 1e-6), key).toBeLessThan(1e-4);
    }
  });
});

/** An example as a graph: the op's result, and its gradient by every input for a cotangent that is fed. */
interface Case {
  readonly name: string;
  readonly graph: Graph;
  readonly feeds: Record<string, Float64Tensor>;
  readonly gradients: readonly { readonly key: string; readonly of: string }[];
}

function makeCase(op: Op<Attributes>, example: OpExample<Attributes>, name: string): Case {
  const { inputs, attributes, sizes = {} } = changeDims(example, (dim) => renameSymbols(dim, name));
  const random = seededRandom(`${op.name} ${name}`);
  const values = inputs.map(({ shape, type }, i) => input(`${name}_x${i}`, shape, type));
  const output = apply(op, values, attributes);
  const cotangent = input(`${name}_g`, output.shape);
  const floats = values.filter(({ type }) => type === 'f32');
  const gradients = op.gradient === undefined ? [] : pullBack([{ value: output, cotangent }], floats);
  const outputs: Record<string, Value> = { [`${name}_y`]: output };
  gradients.forEach((value, i) => {
    if (value !== null) outputs[`${floats[i]!.name}_gradient`] = value;
  });
  // Gives every symbol its size, also those that stand in no input of the op.
  const holder = input(
    `${name}_sizes`,
    Object.keys(sizes).map((key) => symbol(`${name}_${key}`)),
  );
  const bindings = new Map(Object.entries(sizes).map(([key, size]) => [`${name}_${key}`, size]));
  const feed = ({ shape, type }: InputValue, from = -2, to = 2): Float64Tensor => {
    const fed = evaluateShape(shape, bindings);
    return {
      shape: fed,
      data: Float64Array.from({ length: elementCount(fed) }, () =>
        type === 'i64' ? random.integer(from, to) : offKinks(random.number(from, to)),
      ),
    };
  };
  return {
    name,
    graph: { name, inputs: [...values, cotangent, holder], outputs },
    feeds: Object.fromEntries([
      ...values.map((value, i) => [value.name, feed(value, inputs[i]!.from, inputs[i]!.to)]),
      [cotangent.name, feed(cotangent)],
      [holder.name, feed(holder)],
    ]) as Record<string, Float64Tensor>,
    gradients:
      op.gradient === undefined ? [] : floats.map((value) => ({ key: `${value.name}_gradient`, of: value.name })),
  };
}

/** The nearest odd multiple of 1/256: exact in float32, and further than any step from where ops have kinks. */
const offKinks = (x: number): number => (2 * Math.round(x * 128) + 1) / 256;

/** The example with a number for every symbol. */
function fixSizes(example: OpExample<Attributes>): OpExample<Attributes> {
  const bindings = new Map(Object.entries(example.sizes ?? {}));
  return { ...changeDims(example, (dim) => evaluateDim(dim, bindings)), sizes: {} };
}

/** The example with a symbol for every size above 1 that the op's shape rule allows to be unknown. */
function freeSizes(op: Op<Attributes>, example: OpExample<Attributes>): OpExample<Attributes> {
  const still = fixSizes(example);
  const result = op.infer(typed(still), still.attributes).shape;
  const sizes = new Set(
    example.inputs.flatMap(({ shape }) => shape).filter((dim) => typeof dim === 'number' && dim > 1),
  );
  return [...sizes].reduce((known: OpExample<Attributes>, size): OpExample<Attributes> => {
    const name = `size${size as number}`;
    const inputs = known.inputs.map((one) => ({
      ...one,
      shape: one.shape.map((dim) => (dim === size ? symbol(name) : dim)),
    }));
    const tried = { ...known, inputs, sizes: { ...known.sizes, [name]: size as number } };
    try {
      const { shape } = op.infer(typed(tried), tried.attributes);
      return equalShapes(evaluateShape(shape, new Map(Object.entries(tried.sizes))), result) ? tried : known;
    } catch (error) {
      if (error instanceof Error && /^\w+: /.test(error.message)) return known;
      throw error;
    }
  }, example);
}

const typed = ({ inputs }: OpExample<Attributes>) => inputs.map(({ shape, type = 'f32' }) => ({ shape, type }));

function changeDims(example: OpExample<Attributes>, change: (dim: Dim) => Dim): OpExample<Attributes> {
  const attributes = Object.entries(example.attributes).map(([key, value]) => [
    key,
    Array.isArray(value) ? (value as Dim[]).map(change) : value,
  ]);
  return {
    ...example,
    inputs: example.inputs.map((one) => ({ ...one, shape: one.shape.map(change) })),
    attributes: Object.fromEntries(attributes) as Attributes,
  };
}

const renameSymbols = (dim: Dim, prefix: string): Dim =>
  foldDim<Dim>(dim, {
    number: (value) => value,
    symbol: (name) => symbol(`${prefix}_${name}`),
    add: addDims,
    multiply: multiplyDims,
    floorDivide: floorDivideDim,
  });

/** Gradient of Σ cotangent · y by one input. */
function differences(graph: Graph, feeds: Record<string, Float64Tensor>, of: string, cotangent: string): Float64Array {
  const { shape, data } = feeds[of]!;
  const weights = feeds[cotangent]!.data;
  const total = (moved: Float64Array): number =>
    evaluate(graph, { ...feeds, [of]: { shape, data: moved } })['y']!.data.reduce(
      (sum, y, i) => sum + y * weights[i]!,
      0,
    );
  return finiteDifferences(total, data);
}
