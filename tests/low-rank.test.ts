import { join } from 'node:path';
import type { AdapterFile } from '@danqing/engine/adapters/adapter-file';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import { constant, type Value } from '@danqing/engine/graph/value';
import { findDirections } from '@danqing/engine/low-rank/directions';
import { approximate, type MatrixHands } from '@danqing/engine/low-rank/low-rank';
import type { RankRule } from '@danqing/engine/low-rank/rank-rule';
import { SymmetricEigen } from '@danqing/engine/low-rank/symmetric-eigen';
import { joinLoras } from '@danqing/engine/merging/loras/join-loras';
import { layersOf } from '@danqing/engine/merging/loras/lora-layers';
import { approximateLayer, exactLayer } from '@danqing/engine/merging/loras/new-layers';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { runInDoubles } from '@danqing/node/runtime/run-graph';
import { beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/low-rank.json' with { type: 'json' };
import { modelOf } from './made-files.ts';
import { relativeError } from './relative-error.ts';
import { seededIntegers } from './seeded-weights.ts';
import { readTensors } from './stored-tensors.ts';

// Approximations of matrices and LoRAs, against torch's singular values and kohya's resize script (oracles/low_rank.py).

const hands: MatrixHands = { run: runInDoubles, findDirections: (ask) => Promise.resolve(findDirections(ask)) };
const ofRank = (most: number): RankRule => ({ by: 'rank', value: most, most });

let expected: Record<string, Tensor>;
beforeAll(async () => {
  expected = await readTensors(join(import.meta.dirname, 'fixtures/low-rank.safetensors'));
});

const made = (name: string, count: number): Float64Array =>
  Float64Array.from(seededIntegers(name, count), (whole) => whole / 1024);

/** [rows, inner] · [inner, columns] in float64. */
function times(a: Float64Array, b: Float64Array, inner: number): Float64Array {
  const [rows, columns] = [a.length / inner, b.length / inner];
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) {
      for (let j = 0; j < columns; j++) result[i * columns + j]! += a[i * inner + k]! * b[k * columns + j]!;
    }
  }
  return result;
}

function matrixOf({ name, out, within, decay }: (typeof fixture.matrices)[number]): Value {
  if (decay === 1) return constant([out, within], made(name, out * within));
  const least = Math.min(out, within);
  const a = made(`${name} a`, out * least).map((value, i) => value * decay ** (i % least));
  return constant([out, within], times(a, made(`${name} b`, least * within), least));
}

describe('FMT-07: the best matrix of a rank is that of torch', () => {
  it.each(fixture.matrices.map((one) => [one.name, one] as const))('%s', async (name, one) => {
    const { up, down, rank, sigmas } = (await approximate(matrixOf(one), ofRank(one.rank), hands))!;
    // Those that are no more than rounding are left out, and say nothing.
    expect(rank).toBe(one.sigmas.filter((sigma, i) => i < one.rank && sigma > 1e-7 * one.sigmas[0]!).length);
    expect(relativeError(times(up, down, rank), expected[name]!.data)).toBeLessThan(1e-6);
    const wanted = Float64Array.from(one.sigmas);
    expect(Math.max(...sigmas.map((sigma, i) => Math.abs(sigma - wanted[i]!)))).toBeLessThan(1e-7 * wanted[0]!);
  });

  it('a matrix of zeros has none', async () => {
    expect(await approximate(constant([3, 5], new Float64Array(15)), ofRank(2), hands)).toBeUndefined();
  });
});

type Case = (typeof fixture.loras)[number];

/** A LoRA of one layer. */
async function loraOf({
  name,
  shape,
  rank,
  alpha,
}: Pick<Case, 'name' | 'shape' | 'rank' | 'alpha'>): Promise<AdapterFile> {
  const [out, within, ...kernel] = shape as [number, number, ...number[]];
  const ones = kernel.map(() => 1);
  const tensor = (role: string, of: readonly number[], change = (value: number) => value) => ({
    dtype: 'F32' as const,
    shape: of,
    values: [...made(`${name}.${role}`, elementCount(of))].map(change),
  });
  const cells = within * elementCount(kernel);
  const down = tensor('lora_down.weight', [rank, within, ...kernel]);
  const model = await modelOf(name, {
    'lora_unet_m.lora_up.weight': tensor('lora_up.weight', [out, rank, ...ones]),
    'lora_unet_m.lora_down.weight': {
      ...down,
      values: down.values.map((value, i) => value * 0.75 ** Math.floor(i / cells)),
    },
    ...(alpha !== null && { 'lora_unet_m.alpha': { dtype: 'F32' as const, shape: [], values: [alpha] } }),
  });
  const adapter = await openAdapter(model.index, (entry) => readTensorBytes(model.index, entry, [model.source]));
  return {
    ...adapter,
    modules: adapter.modules.map((module) => ({ ...module, tensors: inMemory(module, model.bytes) })),
  };
}

/** Tensors of a file that is on no disk. */
function inMemory({ tensors }: AdapterFile['modules'][number], bytes: Uint8Array): Map<string, Value> {
  return new Map(
    [...tensors].map(([role, value]) => {
      if (value.kind !== 'weight') return [role, value];
      const { offset, length, shape } = value.entry;
      return [role, constant(shape, Float64Array.from(new Float32Array(bytes.slice(offset, offset + length).buffer)))];
    }),
  );
}

describe('LO-06: a LoRA is resized as by kohya’s script', () => {
  it.each(fixture.loras.map((one) => [one.case, one] as const))('%s', async (name, one) => {
    const [layer] = layersOf(await loraOf(one)).layers;
    const rule = { by: one.by.replace('_', '-') as RankRule['by'], value: one.value, most: one.most };
    const found = (await approximateLayer(layer!, { rule, convolutions: rule }, hands))!;
    expect([found.rank, Math.fround(found.alpha)]).toEqual([one.newRank, one.newAlpha]);
    const scale = found.alpha / found.rank;
    const product = times(found.up, found.down, found.rank).map((value) => value * scale);
    // Stored as float32, the factors are not those of the script to the last digit.
    expect(relativeError(product, expected[name]!.data)).toBeLessThan(1e-5);
  });
});

describe('LO-06: several LoRAs become one', () => {
  const rank = [8, 6];
  const ask = (i: number): Parameters<typeof loraOf>[0] => ({
    name: `part ${i}`,
    shape: [24, 40],
    rank: rank[i]!,
    alpha: 3,
  });
  const delta = async (i: number): Promise<Float64Array> => {
    const { matrix, scale } = layersOf(await loraOf(ask(i))).layers[0]!;
    const { change } = await runInDoubles({ name: 'delta', inputs: [], outputs: { change: matrix } }, {});
    return change!.data.map((value) => value * scale);
  };

  it('side by side their sum is exact, with weights of either sign', async () => {
    const [first, second] = [await loraOf(ask(0)), await loraOf(ask(1))];
    const [layer] = joinLoras([
      { adapter: first, weight: 0.8 },
      { adapter: second, weight: -0.5 },
    ]).layers;
    const found = await exactLayer(layer!, hands);
    expect([found.rank, found.alpha]).toEqual([14, 14]);
    const [a, b] = [await delta(0), await delta(1)];
    const wanted = a.map((value, i) => 0.8 * value - 0.5 * b[i]!);
    expect(relativeError(times(found.up, found.down, found.rank), wanted)).toBeLessThan(1e-6);
    const all = (await approximateLayer(layer!, { rule: ofRank(14), convolutions: ofRank(14) }, hands))!;
    expect(relativeError(times(all.up, all.down, all.rank), wanted)).toBeLessThan(1e-6);
  });

  it('those of other sizes are refused', async () => {
    const loras = [
      { adapter: await loraOf(ask(0)), weight: 1 },
      { adapter: await loraOf({ ...ask(1), shape: [24, 20] }), weight: 1 },
    ];
    expect(() => joinLoras(loras)).toThrow(/expected a layer of 24 × 40, as in the others, found 24 × 20/);
  });
});

describe('SymmetricEigen', () => {
  it('gives orthogonal vectors where eigenvalues are equal, and for matrices in pieces', () => {
    const size = 12;
    const matrix = new Float64Array(size * size);
    // Twice the same block on the diagonal.
    const block = made('block', 36);
    for (let piece = 0; piece < 2; piece++) {
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) {
          matrix[(piece * 6 + i) * size + piece * 6 + j] = block[i * 6 + j]! + block[j * 6 + i]!;
        }
      }
    }
    const eigen = new SymmetricEigen(matrix.slice(), size);
    const vectors = eigen.vectors(size);
    for (let i = 0; i < size; i++) {
      const own = vectors.subarray(i * size, (i + 1) * size);
      const turned = times(matrix, own, size);
      expect(Math.max(...turned.map((value, j) => Math.abs(value - eigen.values[i]! * own[j]!)))).toBeLessThan(1e-13);
      for (let j = 0; j <= i; j++) {
        const dot = vectors.subarray(j * size, (j + 1) * size).reduce((sum, value, k) => sum + value * own[k]!, 0);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    }
  });
});
