import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { sdxl } from '@danqing/engine/families/sdxl';
import { findPrediction } from '@danqing/engine/pipelines/find-prediction';
import { generate, type GenerateRequest, type GenerateResult } from '@danqing/engine/pipelines/generate';
import { createModel, type Model } from '@danqing/engine/pipelines/model';
import type { Feed, Session } from '@danqing/engine/runtime';
import { findSampler } from '@danqing/engine/sampling/find-sampler';
import { samplingDefaults } from '@danqing/engine/sampling/options';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { NO_EMBEDDINGS } from '@danqing/engine/text/embeddings/embedding';
import { encodePrompts } from '@danqing/engine/text/encode-prompts';
import { type PromptOptions, promptDefaults } from '@danqing/engine/text/prompt-options';
import { parsePrompts } from '@danqing/engine/text/prompt/parse-prompts';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/families-tiny.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers, writeSeededCheckpoint } from './seeded-weights.ts';
import { indexOf, readTensors } from './stored-tensors.ts';

// Tiny models of every UNet family with peaked attention, against diffusers and transformers (oracles/families_tiny.py).

const TOKEN_STEP = 8;
const PIXEL_STEP = 4;
const [HEIGHT, WIDTH] = [64, 96];
const CROP = { sdxlCropTop: 16, sdxlCropLeft: 24 };

type Shapes = Readonly<Record<string, readonly number[]>>;
const shapes: Readonly<Record<string, Shapes>> = fixture.shapes;

const folder = mkdtempSync(join(tmpdir(), 'danqing-families-tiny-'));
const sessions: Promise<Session>[] = [];
let expected: Record<string, Tensor>;

beforeAll(async () => {
  expected = await readTensors(fileURLToPath(new URL('fixtures/families-tiny.safetensors', import.meta.url)));
});
afterAll(async () => {
  for (const session of sessions) await (await session).release();
  rmSync(folder, { recursive: true });
});

/** A model of the fixture; `more` are tensors beside its own. */
async function open(name: string, more: Shapes = {}): Promise<Model> {
  const path = join(folder, `${name}${Object.keys(more).join('')}.safetensors`);
  writeSeededCheckpoint(path, { ...shapes[name], ...shapes['vae'], ...more });
  const index = await indexOf(path);
  const parts = familyOf(index, families).parts(index);
  const known = new Map<string, Promise<Session>>();
  return createModel(
    { parts, vae: parts.vae(), previewVae: undefined },
    {
      readTensor: () => Promise.reject(new Error('nothing is stored')),
      async withSession(network, work) {
        const key = `${network.name} ${network.variant}`;
        const session = known.get(key) ?? openOnCpu(network.graph(), 'small');
        if (!known.has(key)) sessions.push(session);
        known.set(key, session);
        return work(await session);
      },
    },
  );
}

async function draw(model: Model, request: Partial<GenerateRequest> = {}): Promise<GenerateResult> {
  const { sampler, schedule } = findSampler('Euler', 'uniform');
  const run = generate(
    {
      prompt: fixture.prompt,
      negativePrompt: fixture.negative,
      sampler,
      schedule,
      steps: 6,
      cfgScale: 5,
      width: WIDTH,
      height: HEIGHT,
      seeds: [{ seed: 42, subseed: 0 }],
      subseedStrength: 0,
      sampling: { ...samplingDefaults, randnSource: 'cpu' },
      text: { ...promptDefaults, ...CROP },
      ...request,
    },
    model,
  );
  for (;;) {
    const next = await run.next();
    if (next.done === true) return next.value;
  }
}

/** How far a run is from the recorded one of this name. */
const errorOf = ({ latent }: GenerateResult, name: string): number => relativeError(latent.data, expected[name]!.data);

/** The input that the oracle made under this name, times `factor`. */
function made(name: string, shape: readonly number[], factor = 1): Tensor {
  return {
    shape,
    data: Float32Array.from(seededIntegers(name, elementCount(shape)), (value) => (value / 1024) * factor),
  };
}

/** What the encoders of a model make of the fixture's prompts, one after another. */
async function encodeBoth(model: Model, options: Partial<PromptOptions> = {}) {
  const parsed = parsePrompts([fixture.prompt], [fixture.negative], { stripComments: true, handledTagTypes: [] });
  const encoders = model.promptEncoders({ ...promptDefaults, ...options }, NO_EMBEDDINGS);
  const { conditioning, report } = await encodePrompts(parsed, encoders, { steps: 1, vectorOf: (pooled) => pooled });
  const { parts, uncond } = conditioning[0]!;
  const contexts = [parts[0]!.at(0), uncond.at(0)];
  const width = contexts[0]!.shape[1]!;
  return {
    rows: contexts.flatMap(({ data }) => Array.from(data.filter((_, i) => Math.floor(i / width) % TOKEN_STEP === 0))),
    pooled: contexts.flatMap(({ vector }) => [...vector!]),
    report,
  };
}

/** The largest error of a UNet in what was recorded, in every dialect. */
async function worstUnetError(model: Model, name: string, vectors?: readonly Tensor[]): Promise<number> {
  const denoiser = model.parts.denoiser();
  const errors: number[] = [];
  for (const dialect of ['onnxruntime', 'standard'] as const) {
    const session = await openOnCpu(denoiser.graph(), 'quick', undefined, dialect);
    for (const i of [0, 1]) {
      const wanted = expected[`${name}.${i}.prediction`]!;
      const feeds: Record<string, Feed> = {
        x: made(`${name}.${i}.x`, wanted.shape, 2),
        context: made(`${name}.${i}.context`, [2, 77, denoiser.contextWidth], 2),
        timestep: expected[`${name}.${i}.timestep`]!,
        ...(vectors && { vector: vectors[i]! }),
      };
      const { prediction } = await session.run(feeds);
      errors.push(relativeError(prediction!.data, wanted.data));
    }
    await session.release();
  }
  return Math.max(...errors);
}

describe('a tiny SD 2.x', () => {
  let model: Model;
  beforeAll(async () => {
    model = await open('sd2');
  });

  it('GEN-13: its text encoder is read at the last layer but one, normed, whatever CLIP skip is asked for', async () => {
    const { rows, report } = await encodeBoth(model);
    expect(relativeError(rows, expected['sd2.text']!.data)).toBeLessThan(1e-5);
    expect(report).toMatchObject({ clipSkip: 1, notes: [] });
    const skipped = await encodeBoth(model, { clipSkip: 3 });
    expect(skipped.rows).toEqual(rows);
    expect(skipped.report).toMatchObject({ clipSkip: 1, notes: [{ code: 'clip-skip-unused' }] });
  });

  it('GEN-13: its UNet predicts as in diffusers', async () => {
    expect(await worstUnetError(model, 'sd2')).toBeLessThan(1e-4);
  });

  it('GEN-13: a trial run says what it predicts where its file does not', async () => {
    const { type, because } = await model.prediction();
    expect(type).toBe('eps');
    expect(because!.en).toContain(expected['sd2.probe']!.data[0]!.toFixed(2));
    const answering = (value: number) => async (x: Tensor) => ({ ...x, data: x.data.map(() => value) });
    expect((await findPrediction(model.parts, answering(-0.4))).type).toBe('eps');
    expect((await findPrediction(model.parts, answering(-0.6))).type).toBe('v');
  });

  it('GEN-12: its size is that of the model that predicts so', async () => {
    expect(await model.nativeSize()).toBe(512);
    expect(await (await open('sd2', { v_pred: [1] })).nativeSize()).toBe(768);
  });

  it('GEN-13: a whole run is as computed from diffusers, predicting noise', async () => {
    expect(errorOf(await draw(model), 'sd2.run.eps')).toBeLessThan(1e-3);
  });

  it('GEN-13: a whole run is as computed from diffusers, predicting v', async () => {
    const found = await draw(await open('sd2', { v_pred: [1] }));
    expect(errorOf(found, 'sd2.run.v')).toBeLessThan(1e-3);
    expect(found.notes).toEqual(['Stable Diffusion 2.x: the model predicts v, by the marker tensor “v_pred”.']);
  });
});

describe('a tiny SDXL', () => {
  let model: Model;
  beforeAll(async () => {
    model = await open('sdxl');
  });

  it('GEN-13: both text encoders are read at the last layer but one, and one gives the pooled text', async () => {
    const { rows, pooled } = await encodeBoth(model);
    expect(relativeError(rows, expected['sdxl.text']!.data)).toBeLessThan(1e-5);
    expect(relativeError(pooled, expected['sdxl.pooled']!.data)).toBeLessThan(1e-5);
  });

  it('GEN-06: CLIP skip counts for the first one with the option sdxl_clip_l_skip', async () => {
    const plain = await encodeBoth(model, { clipSkip: 3 });
    expect(relativeError(plain.rows, expected['sdxl.text']!.data)).toBeLessThan(1e-5);
    expect(plain.report.notes.map(({ message }) => message).join()).toContain(
      'unless the option sdxl_clip_l_skip is on',
    );
    const { rows, report } = await encodeBoth(model, { clipSkip: 3, sdxlClipLSkip: true });
    const wanted = expected['sdxl.text.skip3']!.data;
    expect(relativeError(rows.slice(0, wanted.length), wanted)).toBeLessThan(1e-5);
    expect(report).toMatchObject({ clipSkip: 3, notes: [] });
  });

  it('GEN-13: its UNet predicts as in diffusers, told pooled text and sizes', async () => {
    const told = { height: HEIGHT, width: WIDTH, cropTop: 16, cropLeft: 24, aestheticScore: 0 };
    const more = { height: 129, width: 193, cropTop: 33, cropLeft: 49, aestheticScore: 0 };
    const vectors = [0, 1].map((i): Tensor => {
      const { data } = made(`sdxl.${i}.pooled`, [2, 96]);
      const rows = [sdxl.vector!(data.slice(0, 96), told), sdxl.vector!(data.slice(96), more)];
      return { shape: [2, rows[0]!.length], data: Float32Array.from(rows.flatMap((row) => [...row])) };
    });
    expect(await worstUnetError(model, 'sdxl', vectors)).toBeLessThan(1e-4);
  });

  it('GEN-12: its size is 1024', async () => {
    expect(await model.nativeSize()).toBe(1024);
  });

  it('GEN-13: a whole run is as computed from diffusers, and decodes so', async () => {
    const found = await draw(model);
    expect(errorOf(found, 'sdxl.run')).toBeLessThan(1e-3);
    const image = await model.decode(found.latent);
    const seen = image.data.filter(
      (_, i) => Math.floor(i / WIDTH) % PIXEL_STEP === 0 && (i % WIDTH) % PIXEL_STEP === 0,
    );
    expect(relativeError(seen, expected['sdxl.image']!.data)).toBeLessThan(1e-3);
  });

  it('GEN-13: an empty negative prompt is zeros', async () => {
    expect(errorOf(await draw(model, { negativePrompt: '' }), 'sdxl.run.empty')).toBeLessThan(1e-3);
  });

  it('GEN-13: the refiner takes over where the noise is low enough, as in A1111', async () => {
    const refiner = { model: await open('sdxlRefiner'), switchAt: 0.6 };
    const { rows } = await encodeBoth(refiner.model);
    expect(relativeError(rows, expected['refiner.text']!.data)).toBeLessThan(1e-5);
    const found = await draw(model, { refiner });
    // Closer than whole runs have to be: exchanged aesthetic scores move this one by 4e-4.
    expect(errorOf(found, 'refiner.run')).toBeLessThan(1e-4);
    expect(found.isRefined).toBe(true);
    const never = await draw(model, { refiner: { ...refiner, switchAt: 1 } });
    expect(errorOf(never, 'sdxl.run')).toBeLessThan(1e-3);
    expect(never.isRefined).toBe(false);
    // By steps it is a matter of the calls so far: 0, 1/6 … 5/6 of six steps.
    const sampling = { ...samplingDefaults, randnSource: 'cpu', refinerSwitchBySampleSteps: true } as const;
    const bySteps = await draw(model, { refiner: { ...refiner, switchAt: 4 / 6 }, sampling });
    expect(errorOf(bySteps, 'refiner.run')).toBeLessThan(1e-3);
    const later = await draw(model, { refiner: { ...refiner, switchAt: 0.7 }, sampling });
    expect(later.isRefined).toBe(true);
    expect(later.latent.data).not.toEqual(bySteps.latent.data);
  });

  it('a refiner with other latents is refused', async () => {
    const refiner = { model: await open('sd2'), switchAt: 0.6 };
    await expect(draw(model, { refiner })).rejects.toThrow(
      'refiner: expected a checkpoint with the latents of Stable Diffusion XL, found a checkpoint of Stable Diffusion 2.x.',
    );
  });
});

describe('a tiny SD 1.x that takes in more', () => {
  const picture = made('picture', [1, 3, HEIGHT, WIDTH]);
  const drawn = made('mask', [1, 1, HEIGHT, WIDTH]);
  const mask = { ...drawn, data: drawn.data.map((value) => Number(value > 0)) };

  it('GEN-13: an inpainting model draws from text as if all of a grey picture were masked', async () => {
    expect(errorOf(await draw(await open('inpainting')), 'inpainting.run.blank')).toBeLessThan(1e-3);
  });

  it('GEN-13: an inpainting model sees the mask and what is around it', async () => {
    expect(
      errorOf(await draw(await open('inpainting'), { seen: { picture, mask } }), 'inpainting.run.masked'),
    ).toBeLessThan(1e-3);
  });

  it('GEN-13: InstructPix2Pix is guided by picture and text', async () => {
    const model = await open('pix2pix');
    expect(errorOf(await draw(model, { seen: { picture }, imageCfgScale: 1.5 }), 'pix2pix.run.edit')).toBeLessThan(
      1e-3,
    );
    expect(errorOf(await draw(model, { seen: { picture }, imageCfgScale: 1 }), 'pix2pix.run.plain')).toBeLessThan(1e-3);
    const blank = await draw(model, { imageCfgScale: 1.5 });
    expect(errorOf(blank, 'pix2pix.run.blank')).toBeLessThan(1e-3);
    expect(blank.notes).toEqual(['This model edits pictures; without one it draws from the text alone.']);
  });
});
