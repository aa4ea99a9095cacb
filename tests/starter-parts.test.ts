import { detectFamily } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { sd1 } from '@danqing/engine/families/sd1';
import type { Parts } from '@danqing/engine/family';
import type { Graph } from '@danqing/engine/graph/value';
import type { Feed, Session } from '@danqing/engine/runtime';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from './relative-error.ts';
import { sharedData } from './shared-data.ts';
import { indexOf, readTensors } from './stored-tensors.ts';

// The bundled checkpoint against recorded results of an independent implementation (../shared/data/oracle/README.md).

let parts: Parts;
let expected: Record<string, Tensor>;
const open: Session[] = [];

beforeAll(async () => {
  parts = sd1.parts(await indexOf(sharedData('checkpoint/starter-emoji-128.safetensors')));
  expected = await readTensors(sharedData('oracle/parts.safetensors'));
});
afterAll(async () => Promise.all(open.map(async (session) => session.release())));

async function openGraph(graph: Graph, threads?: number): Promise<Session> {
  const opened = await openOnCpu(graph, 'fast', threads);
  open.push(opened);
  return opened;
}

/** Numbers of the recorded cases of one part: `unet.0`, `unet.1`, … */
const cases = (part: string): string[] =>
  [...new Set(Object.keys(expected).map((key) => key.split('.').slice(0, 2).join('.')))]
    .filter((key) => key.startsWith(`${part}.`))
    .sort();

const bytesOf = ({ buffer, byteOffset, byteLength }: Tensor['data']): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** A recorded tensor of one entry as a batch of one. */
const batchOf = (key: string): Tensor => ({ ...expected[key]!, shape: [1, ...expected[key]!.shape] });

describe('the bundled checkpoint', () => {
  it('CK-01: is enough by itself: text encoder, UNet and VAE are inside', async () => {
    const index = await indexOf(sharedData('checkpoint/starter-emoji-128.safetensors'));
    const detection = detectFamily(index, families);
    expect(detection.known && detection.family).toBe(sd1);
    expect(sd1.parts(index).has).toEqual({ textEncoder: true, denoiser: true, vae: true });
    expect(parts.alphasCumprod?.shape).toEqual([1000]);
    expect(parts.textEncoders().map(({ tokens, width, layers }) => [tokens, width, layers])).toEqual([[77, 128, 4]]);
    const { inputChannels, outputChannels, contextWidth, vectorWidth } = parts.denoiser();
    expect([inputChannels, outputChannels, contextWidth, vectorWidth]).toEqual([4, 4, 128, undefined]);
    expect(parts.vae().kind).toBe('kl');
  });

  it.each([1, 2, 3, 4])('GEN-06: CLIP skip %i encodes as recorded', async (clipSkip) => {
    const encoder = await openGraph(parts.textEncoders()[0]!.graph(clipSkip));
    expect(cases('text')).toHaveLength(5);
    for (const name of cases('text')) {
      const ids = BigInt64Array.from(expected[`${name}.ids`]!.data, (id) => BigInt(id));
      const { encoding } = await encoder.run({ ids: { shape: [1, 77], data: ids }, ...noReplacement(1, 77, 128) });
      expect(relativeError(encoding!.data, expected[`${name}.skip${clipSkip}`]!.data), name).toBeLessThan(1e-5);
    }
  });

  it('GEN-13: its UNet predicts as recorded, also at sizes that are no multiple of 64', async () => {
    const unet = await openGraph(parts.denoiser().graph());
    expect(cases('unet')).toHaveLength(4);
    for (const name of cases('unet')) {
      const [x, timestep, context] = ['x', 't', 'ctx'].map((key) => expected[`${name}.${key}`]!) as [Feed, Feed, Feed];
      const { prediction } = await unet.run({ x, timestep, context });
      expect(prediction!.shape, name).toEqual(x.shape);
      expect(relativeError(prediction!.data, expected[`${name}.eps`]!.data), name).toBeLessThan(1e-4);
    }
  });

  it('GEN-02: the number of threads changes no bit of what its UNet predicts', async () => {
    const [x, timestep, context] = ['x', 't', 'ctx'].map((key) => expected[`unet.0.${key}`]!) as [Feed, Feed, Feed];
    const predict = async (threads: number): Promise<Tensor['data']> => {
      const { prediction } = await (await openGraph(parts.denoiser().graph(), threads)).run({ x, timestep, context });
      return prediction!.data;
    };
    const alone = await predict(1);
    for (const threads of [2, 3, 8])
      expect(Buffer.compare(bytesOf(await predict(threads)), bytesOf(alone)), `${threads}`).toBe(0);
  });

  it('GEN-13: its VAE decodes as recorded', async () => {
    const decoder = await openGraph(parts.vae().decoder());
    expect(cases('vae')).toHaveLength(2);
    for (const name of cases('vae')) {
      const unscaled = batchOf(`${name}.z`);
      const latent = { ...unscaled, data: unscaled.data.map((value) => value * sd1.latent.scale) };
      const { image } = await decoder.run({ latent });
      expect(image!.shape.slice(1), name).toEqual(expected[`${name}.image`]!.shape);
      expect(relativeError(image!.data, expected[`${name}.image`]!.data), name).toBeLessThan(1e-4);
    }
  });

  it('GEN-13: its VAE encodes as recorded', async () => {
    const encoder = await openGraph(parts.vae().encoder());
    expect(cases('enc')).toHaveLength(2);
    for (const name of cases('enc')) {
      const { latent, deviation } = await encoder.run({ image: batchOf(`${name}.image`) });
      const { scale } = sd1.latent;
      const wanted = {
        latent: expected[`${name}.mean`]!.data.map((mean) => mean * scale),
        deviation: expected[`${name}.logvar`]!.data.map((logVariance) => scale * Math.exp(logVariance / 2)),
      };
      expect(relativeError(latent!.data, wanted.latent), name).toBeLessThan(1e-4);
      expect(relativeError(deviation!.data, wanted.deviation), name).toBeLessThan(1e-4);
    }
  });
});

/** Feeds that say that every vector comes from the table of token embeddings. */
const noReplacement = (batch: number, tokens: number, width: number): Record<string, Feed> => ({
  replacement: { shape: [batch, tokens, width], data: new Float32Array(batch * tokens * width) },
  replaced: { shape: [batch, tokens, 1], data: new Float32Array(batch * tokens) },
});
