import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conv2d } from '@danqing/engine/graph/ops/conv2d';
import { linear } from '@danqing/engine/graph/ops/linear';
import { reshape } from '@danqing/engine/graph/ops/reshape';
import { type Graph, input, weight } from '@danqing/engine/graph/value';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openOnCpu } from './onnxruntime.ts';
import { isWorthPreparing, openPrepared } from './open-prepared.ts';
import { PreparedModels } from './prepared-models.ts';

let folder: string;
let weights: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-open-prepared-'));
  weights = join(folder, 'weights.bin');
  writeWeights(1);
});

afterEach(() => rmSync(folder, { recursive: true }));

const KERNEL = 32 * 32 * 9;
const MATRIX = 32 * 512;

function writeWeights(seed: number): void {
  const values = Float32Array.from({ length: KERNEL + MATRIX }, (_, i) => Math.sin(seed + i) / 10);
  writeFileSync(weights, encodeFloat32(values, 'F16').bytes);
}

/** A convolution, whose kernel is laid out anew, and a matrix, which is packed. */
function graphOf(): Graph {
  const stored = (shape: readonly number[], from: number) => {
    const length = 2 * shape.reduce((a, b) => a * b, 1);
    return weight({ name: 'w', dtype: 'F16', shape, file: weights, offset: 2 * from, length });
  };
  const x = input('x', [1, 32, 4, 4]);
  const h = conv2d(x, stored([32, 32, 3, 3], 0), undefined, { stride: 1, padding: [1, 1, 1, 1] });
  return { name: 'g', inputs: [x], outputs: { y: linear(reshape(h, [1, 512]), stored([32, 512], KERNEL)) } };
}

const feed = Float32Array.from({ length: 512 }, (_, i) => Math.cos(i));

async function runPrepared(models: PreparedModels): Promise<number[]> {
  const session = await openPrepared(graphOf(), { provider: 'cpu', mode: 'fast' }, models);
  const { y } = await session.run({ x: new ort.Tensor('float32', feed, [1, 32, 4, 4]) });
  await session.release();
  return [...(y!.data as Float32Array)];
}

async function runInMemory(): Promise<number[]> {
  const session = await openOnCpu(graphOf(), 'fast');
  const { y } = await session.run({ x: { shape: [1, 32, 4, 4], data: feed } });
  await session.release();
  return [...y!.data];
}

describe('openPrepared', () => {
  const prepared = () => new PreparedModels(join(folder, 'prepared'));
  const keys = () => readdirSync(join(folder, 'prepared')).filter((name) => !name.endsWith('.tmp'));

  it('computes to the bit what the graph does, the first time and from the disk', async () => {
    const expected = await runInMemory();
    const models = prepared();
    expect(await runPrepared(models)).toEqual(expected);
    await models.settled();
    expect(keys()).toHaveLength(1);
    // With nothing in its model file there is nothing to make it from but what is prepared.
    expect(await runPrepared(prepared())).toEqual(expected);
    expect(keys()).toHaveLength(1);
  });

  it('prepares anew when the weights have changed', async () => {
    const models = prepared();
    const before = await runPrepared(models);
    await models.settled();
    writeWeights(2);
    utimesSync(weights, new Date(), new Date(Date.now() + 5000));
    const expected = await runInMemory();
    expect(await runPrepared(models)).toEqual(expected);
    expect(expected).not.toEqual(before);
    await models.settled();
    expect(keys()).toHaveLength(2);
  });

  it('leaves small models as they are', () => {
    expect(isWorthPreparing(graphOf())).toBe(false);
    const large = { name: 'w', dtype: 'F16', shape: [20_000, 10_000], file: weights, offset: 0, length: 4e8 } as const;
    const x = input('x', [1, 10_000]);
    expect(isWorthPreparing({ name: 'g', inputs: [x], outputs: { y: linear(x, weight(large)) } })).toBe(true);
  });
});
