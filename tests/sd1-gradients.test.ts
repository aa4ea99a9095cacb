import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sd1 } from '@danqing/engine/families/sd1';
import type { Parts } from '@danqing/engine/family';
import { evaluateShape } from '@danqing/engine/graph/dim';
import { bindSymbols, evaluate, type Float64Tensor } from '@danqing/engine/graph/evaluate';
import { pullBack } from '@danqing/engine/graph/gradient';
import { type Graph, input, topological, type Value, type WeightValue } from '@danqing/engine/graph/value';
import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import { elementCount } from '@danqing/engine/tensor/tensor';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toFeeds } from './feeds.ts';
import { finiteDifferences } from './finite-differences.ts';
import fixture from './fixtures/sd1-tiny.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers, writeSeededCheckpoint } from './seeded-weights.ts';
import { indexOf } from './stored-tensors.ts';

// Gradients of whole parts by all their weights and inputs, on the tiny SD 1.x: training stands on this.

const folder = mkdtempSync(join(tmpdir(), 'danqing-sd1-gradients-'));
const checkpoint = join(folder, 'tiny.safetensors');
let parts: Parts;
let file: number;

beforeAll(async () => {
  writeSeededCheckpoint(checkpoint, fixture.shapes);
  file = openSync(checkpoint, 'r');
  parts = sd1.parts(await indexOf(checkpoint));
});
afterAll(() => {
  closeSync(file);
  rmSync(folder, { recursive: true });
});

const cases: [name: string, graph: () => Graph, shapes: Record<string, readonly number[]>][] = [
  ['the UNet', () => parts.denoiser().graph(), { x: [1, 4, 4, 3], timestep: [1], context: [1, 7, 128] }],
  [
    'the text encoder',
    () => parts.textEncoders()[0]!.graph(2),
    { ids: [1, 77], replacement: [1, 77, 128], replaced: [1, 77, 1] },
  ],
  ['the VAE decoder', () => parts.vae().decoder(), { latent: [1, 4, 1, 2] }],
  ['the VAE encoder', () => parts.vae().encoder(), { image: [1, 3, 8, 16] }],
];

describe.each(cases)('the gradient of %s', (_, build, shapes) => {
  let forward: Graph;
  let backward: Graph;
  /** Everything that is differentiated by: weights and float inputs. */
  let wanted: readonly Value[];
  let feeds: Record<string, Float64Tensor>;
  /** By each of them, in double precision. */
  let gradients: readonly Float64Array[];

  beforeAll(() => {
    forward = build();
    feeds = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, made(name, shape)]));
    const bindings = bindSymbols(forward, feeds);
    const from = Object.entries(forward.outputs).map(([name, value]) => {
      const cotangent = input(`${name}_cotangent`, value.shape);
      feeds[cotangent.name] = made(cotangent.name, evaluateShape(value.shape, bindings));
      return { value, cotangent };
    });
    wanted = topological(Object.values(forward.outputs)).filter(
      (value) => value.kind === 'weight' || (value.kind === 'input' && value.type === 'f32'),
    );
    backward = {
      name: `${forward.name} backward`,
      inputs: [...forward.inputs, ...from.map(({ cotangent }) => cotangent)],
      outputs: Object.fromEntries(pullBack(from, wanted).map((gradient, i) => [`gradient${i}`, gradient!])),
    };
    const results = evaluate(backward, feeds, readWeight);
    gradients = wanted.map((_value, i) => results[`gradient${i}`]!.data);
  });

  it('is what finite differences in double precision are, along a random direction', () => {
    const along = new Map(wanted.map((value, i) => [value, directionOf(value, i)]));
    const loss = ([step]: Float64Array): number => {
      const moved = (value: Value, { shape, data }: Float64Tensor): Float64Tensor => ({
        shape,
        data: data.map((x, i) => x + step! * along.get(value)![i]!),
      });
      const fed = { ...feeds };
      for (const value of wanted) if (value.kind === 'input') fed[value.name] = moved(value, feeds[value.name]!);
      const results = evaluate(forward, fed, (value) => moved(value, readWeight(value)));
      return Object.entries(results).reduce(
        (sum, [name, { data }]) => sum + dot(data, feeds[`${name}_cotangent`]!.data),
        0,
      );
    };
    const expected = finiteDifferences(loss, Float64Array.of(0))[0]!;
    const found = wanted.reduce((sum, value, i) => sum + dot(gradients[i]!, along.get(value)!), 0);
    expect(Math.abs(found - expected) / Math.abs(expected)).toBeLessThan(1e-6);
  });

  it('runs on ONNX Runtime', async () => {
    const session = await openOnCpu(backward, 'small');
    const found = await session.run(toFeeds(backward, feeds));
    await session.release();
    // Some gradients are zero but for rounding: a key's bias cancels in the softmax, a bias before a norm in the norm.
    const noise = 1e-6 * Math.max(...gradients.map((gradient) => Math.sqrt(dot(gradient, gradient))));
    wanted.forEach((value, i) => {
      const name = value.kind === 'weight' ? value.entry.name : value.kind;
      expect(relativeError(found[`gradient${i}`]!.data, gradients[i]!, noise), name).toBeLessThan(1e-4);
    });
  });

  /** An eighth of the value itself, so that every weight counts; less for timesteps. */
  function directionOf(value: Value, i: number): Float64Array {
    const { data } = value.kind === 'weight' ? readWeight(value) : feeds[(value as { name: string }).name]!;
    const size = Math.min(1, Math.sqrt(dot(data, data) / data.length));
    return Float64Array.from(seededIntegers(`direction ${i}`, data.length), (whole) => (size * whole) / 2 ** 13);
  }
});

function readWeight({ entry, shape }: WeightValue): Float64Tensor {
  const bytes = new Uint8Array(entry.length);
  readSync(file, bytes, 0, entry.length, entry.offset);
  return { shape, data: Float64Array.from(decodeToFloat32(bytes, entry.dtype)) };
}

/** An input that depends on its name alone. */
function made(name: string, shape: readonly number[]): Float64Tensor {
  const whole = seededIntegers(name, elementCount(shape));
  const value = (x: number): number => {
    if (name === 'ids') return Math.abs(x) % 512;
    if (name === 'replaced') return x > 512 ? 1 : 0;
    if (name === 'timestep') return 500.25;
    return name === 'replacement' ? x / 2 ** 16 : x / 1024;
  };
  return { shape, data: Float64Array.from(whole, value) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
