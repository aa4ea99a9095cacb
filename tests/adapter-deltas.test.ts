import { join } from 'node:path';
import { kinds } from '@danqing/engine/adapters/kinds/index';
import { type DeltaOptions, moduleDelta } from '@danqing/engine/adapters/module-delta';
import { evaluate, type Float64Tensor } from '@danqing/engine/graph/evaluate';
import { pullBack } from '@danqing/engine/graph/gradient';
import type { OnnxDialect } from '@danqing/engine/graph/onnx-emitter';
import { type Graph, input, type InputValue, type Value } from '@danqing/engine/graph/value';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { beforeAll, describe, expect, it } from 'vitest';
import { toFeeds } from './feeds.ts';
import { finiteDifferences } from './finite-differences.ts';
import fixture from './fixtures/adapters.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers } from './seeded-weights.ts';
import { readTensors } from './stored-tensors.ts';

// ΔW of every kind on layers of every shape, against lycoris-lora and peft (oracles/adapters.py).

interface Case {
  readonly name: string;
  readonly kind: keyof typeof kinds;
  readonly shape: readonly number[];
  readonly tensors: Readonly<Record<string, readonly [shape: readonly number[], size: number]>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly ranks?: number;
  readonly magnitudes?: DeltaOptions['magnitudes'];
}

const cases = fixture.cases as unknown as Case[];

/** Values that the oracle made under this name. */
const made = (name: string, shape: readonly number[], size: number, offset = 0): Float64Tensor => ({
  shape,
  data: Float64Array.from(seededIntegers(name, elementCount(shape)), (whole) => offset + (whole / 1024) * size),
});

/** Saved names as roles. */
const roleOf = (key: string): string => key.replace(/(?<=.)\.weight$/, '').replace('boft', 'oft');

const OFFSETS: Readonly<Record<string, number>> = { rescale: 1, dora_scale: 2, magnitude: 2 };

/** The case as a graph of its ΔW, with what is fed. */
function graphOf({ name, kind, shape, tensors, numbers, ranks, magnitudes }: Case) {
  const inputs: InputValue[] = [];
  const feeds: Record<string, Float64Tensor> = {};
  const feed = (tensor: string, of: Float64Tensor): Value => {
    const value = input(`${name} ${tensor}`, of.shape);
    inputs.push(value);
    feeds[value.name] = of;
    return value;
  };
  const base = feed('base', made(`${name} base`, shape, 1));
  const values = new Map(
    Object.entries(tensors).map(([key, [of, size]]) => [
      roleOf(key),
      feed(key, made(`${name} ${key}`, of, size, OFFSETS[key])),
    ]),
  );
  const module = { name, tensors: values, numbers: new Map(Object.entries(numbers)) };
  const delta = moduleDelta(kinds[kind], base, module, { ranks, ...(magnitudes && { magnitudes }) })!;
  return { inputs, feeds, delta };
}

const graphs = new Map(cases.map((one) => [one.name, graphOf(one)]));
const all: Graph = {
  name: 'deltas',
  inputs: [...graphs.values()].flatMap(({ inputs }) => inputs),
  outputs: Object.fromEntries([...graphs].map(([name, { delta }]) => [name, delta])),
};
const feeds = Object.assign({}, ...[...graphs.values()].map((one) => one.feeds)) as Record<string, Float64Tensor>;

describe.each(['standard', 'onnxruntime'] as const)(
  'LO-01, LY-01, LY-02: ΔW in float32 (%s)',
  (dialect: OnnxDialect) => {
    let expected: Record<string, Tensor>;
    let found: Record<string, Tensor>;

    beforeAll(async () => {
      expected = await readTensors(join(import.meta.dirname, 'fixtures/adapters.safetensors'));
      const session = await openOnCpu(all, 'quick', 1, dialect);
      found = await session.run(toFeeds(all, feeds));
      await session.release();
    });

    it.each(cases.map(({ name }) => name))('%s', (name) => {
      expect(found[name]!.shape).toEqual(expected[name]!.shape);
      expect(relativeError(found[name]!.data, expected[name]!.data)).toBeLessThan(1e-6);
    });
  },
);

describe('ΔW can be trained', () => {
  const ofEachKind = Object.keys(kinds).flatMap((kind) => cases.filter((one) => one.kind === kind).slice(0, 1));

  it.each(ofEachKind.map((one) => [one.kind, one] as const))('by the tensors of %s', (_kind, one) => {
    const { inputs, feeds: own, delta } = graphOf(one);
    const cotangent = input('cotangent', delta.shape);
    // The bias of a normalisation is no part of the weight's difference.
    const tensors = inputs.slice(1).filter((value) => !value.name.endsWith('b_norm'));
    const gradients = pullBack([{ value: delta, cotangent }], tensors);
    const cotangents = made(`${one.name} cotangent`, one.shape, 1);
    const found = evaluate(
      {
        name: 'gradient',
        inputs: [...inputs, cotangent],
        outputs: Object.fromEntries(gradients.map((value, i) => [tensors[i]!.name, value!])),
      },
      { ...own, cotangent: cotangents },
    );
    const graph: Graph = { name: 'delta', inputs, outputs: { delta } };
    for (const { name } of tensors) {
      const wanted = differences(graph, own, name, cotangents.data);
      expect(relativeError(found[name]!.data, wanted), name).toBeLessThan(1e-6);
    }
  });
});

/** Gradient of Σ cotangent · delta by one input, by central differences. */
function differences(
  graph: Graph,
  own: Readonly<Record<string, Float64Tensor>>,
  name: string,
  cotangent: Float64Array,
): Float64Array {
  const { shape, data } = own[name]!;
  return finiteDifferences((values) => {
    const { delta } = evaluate(graph, { ...own, [name]: { shape, data: values } });
    return delta!.data.reduce((sum, value, i) => sum + value * cotangent[i]!, 0);
  }, data);
}
