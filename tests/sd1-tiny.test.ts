import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sd1 } from '@danqing/engine/families/sd1';
import type { Parts } from '@danqing/engine/family';
import type { OnnxDialect } from '@danqing/engine/graph/onnx-emitter';
import type { Graph } from '@danqing/engine/graph/value';
import type { Feed, Session } from '@danqing/engine/runtime';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/sd1-tiny.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers, seededWeight, writeSeededCheckpoint } from './seeded-weights.ts';
import { sharedData } from './shared-data.ts';
import { indexOf, readTensors } from './stored-tensors.ts';

// A tiny SD 1.x with peaked attention and loud norms and biases, against diffusers and transformers (oracles/sd1_tiny.py).

/** Of 77 encoded tokens every eighth is recorded. */
const TOKEN_STEP = 8;

const folder = mkdtempSync(join(tmpdir(), 'danqing-sd1-tiny-'));
let parts: Parts;
let expected: Record<string, Tensor>;

beforeAll(async () => {
  const checkpoint = join(folder, 'tiny.safetensors');
  writeSeededCheckpoint(checkpoint, fixture.shapes);
  parts = sd1.parts(await indexOf(checkpoint));
  expected = await readTensors(fileURLToPath(new URL('fixtures/sd1-tiny.safetensors', import.meta.url)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const dialects: readonly OnnxDialect[] = ['onnxruntime', 'standard'];

describe.each(dialects)('a tiny SD 1.x in the dialect %s', (dialect) => {
  async function using<T>(graph: Graph, use: (session: Session) => Promise<T>): Promise<T> {
    const session = await openOnCpu(graph, 'quick', undefined, dialect);
    try {
      return await use(session);
    } finally {
      await session.release();
    }
  }

  it.each([1, 2, 3, 4])('GEN-06: CLIP skip %i encodes as in transformers', async (clipSkip) => {
    const ids = BigInt64Array.from(expected['text.ids']!.data, BigInt);
    const feeds = {
      ids: { shape: [2, 77], data: ids },
      replacement: { shape: [2, 77, 128], data: new Float32Array(2 * 77 * 128) },
      replaced: { shape: [2, 77, 1], data: new Float32Array(2 * 77) },
    };
    await using(parts.textEncoders()[0]!.graph(clipSkip), async (session) => {
      const { encoding } = await session.run(feeds);
      const recorded = encoding!.data.filter((_, i) => (Math.floor(i / 128) % 77) % TOKEN_STEP === 0);
      expect(relativeError(recorded, expected[`text.skip${clipSkip}`]!.data)).toBeLessThan(1e-5);
    });
  });

  it('a vector that stands in for a token is encoded as that token is', async () => {
    const key = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';
    const rows = seededWeight(key, fixture.shapes[key]);
    const [at, other] = [5, 300];
    const ids = Array.from({ length: 77 }, (_, i) => i);
    const vectors = { shape: [1, 77, 128], data: new Float32Array(77 * 128) };
    const mask = { shape: [1, 77, 1], data: new Float32Array(77) };
    const idFeed = (of: number[]): Feed => ({ shape: [1, 77], data: BigInt64Array.from(of, BigInt) });
    await using(parts.textEncoders()[0]!.graph(1), async (session) => {
      const wanted = await session.run({ ids: idFeed(ids.with(at, other)), replacement: vectors, replaced: mask });
      vectors.data.set(rows.subarray(other * 128, (other + 1) * 128), at * 128);
      mask.data[at] = 1;
      const found = await session.run({ ids: idFeed(ids), replacement: vectors, replaced: mask });
      expect(found['encoding']!.data).toEqual(wanted['encoding']!.data);
    });
  });

  it('GEN-13: the UNet predicts as in diffusers', async () => {
    await using(parts.denoiser().graph(), async (session) => {
      for (const i of [0, 1]) {
        const wanted = expected[`unet.${i}.prediction`]!;
        const x = made(`unet.${i}.x`, wanted.shape, 2);
        const context = made(`unet.${i}.context`, [2, 77, 128], 2);
        const { prediction } = await session.run({ x, context, timestep: expected[`unet.${i}.timestep`]! });
        expect(relativeError(prediction!.data, wanted.data)).toBeLessThan(1e-4);
      }
    });
  });

  it('GEN-13: the VAE decodes as in diffusers', async () => {
    await using(parts.vae().decoder(), async (session) => {
      const { image } = await session.run({ latent: made('vae.latent', [2, 4, 5, 7], 4 * sd1.latent.scale) });
      expect(relativeError(image!.data, expected['vae.image']!.data)).toBeLessThan(1e-4);
    });
  });

  it('GEN-13: the VAE encodes as in diffusers', async () => {
    await using(parts.vae().encoder(), async (session) => {
      const { latent, deviation } = await session.run({ image: made('vae.picture', [2, 3, 40, 56], 1) });
      for (const [found, name] of [
        [latent, 'mean'],
        [deviation, 'deviation'],
      ] as const) {
        const wanted = expected[`vae.${name}`]!.data.map((value) => value * sd1.latent.scale);
        expect(relativeError(found!.data, wanted), name).toBeLessThan(1e-4);
      }
    });
  });

  it('TAESD decodes and encodes as in diffusers', async () => {
    const taesd = sd1.vae(await indexOf(sharedData('taesd/taesd.safetensors')));
    expect(taesd.kind).toBe('taesd');
    await using(taesd.decoder(), async (session) => {
      const { image } = await session.run({ latent: made('taesd.latent', [1, 4, 5, 7], 4) });
      expect(relativeError(image!.data, expected['taesd.image']!.data)).toBeLessThan(1e-4);
    });
    await using(taesd.encoder(), async (session) => {
      const { latent } = await session.run({ image: made('taesd.picture', [1, 3, 40, 56], 1) });
      expect(relativeError(latent!.data, expected['taesd.latent']!.data)).toBeLessThan(1e-4);
    });
  });
});

/** The input that the oracle made under this name, times `factor`. */
function made(name: string, shape: readonly number[], factor: number): Feed {
  return {
    shape,
    data: Float32Array.from(seededIntegers(name, elementCount(shape)), (value) => (value / 1024) * factor),
  };
}
