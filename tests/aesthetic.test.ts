// Aesthetic gradients on the bundled checkpoint with a tiny CLIP, against torch (oracles/aesthetic.py).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AestheticGradient,
  type AestheticSettings,
  type TuningHands,
} from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-gradient';
import { findTextTower, type TextTower } from '@danqing/engine/adapters/aesthetic-gradient/text-tower';
import { families } from '@danqing/engine/families/index';
import type { TextEncoderPart } from '@danqing/engine/family';
import type { Pixels } from '@danqing/engine/image/pixels';
import { findVisionTower } from '@danqing/engine/parts/vision/clip';
import { clipPicture } from '@danqing/engine/parts/vision/clip-picture';
import { generate } from '@danqing/engine/pipelines/generate';
import { createModel, type Model } from '@danqing/engine/pipelines/model';
import type { Session } from '@danqing/engine/runtime';
import { findSampler } from '@danqing/engine/sampling/find-sampler';
import { samplingDefaults } from '@danqing/engine/sampling/options';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { NO_EMBEDDINGS } from '@danqing/engine/text/embeddings/embedding';
import { encodePrompts } from '@danqing/engine/text/encode-prompts';
import { promptDefaults } from '@danqing/engine/text/prompt-options';
import { parsePrompts } from '@danqing/engine/text/prompt/parse-prompts';
import { openFile, type FileSource } from '@danqing/node/files/file-source';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/aesthetic.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers, writeSeededCheckpoint } from './seeded-weights.ts';
import { sharedData } from './shared-data.ts';
import { indexOf, readTensors } from './stored-tensors.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-aesthetic-'));
const clip = join(folder, 'clip.safetensors');
const sessions = new Map<string, Promise<Session>>();
let opened = 0;
let checkpoint: FileSource;
let clipFile: FileSource;
let model: Model;
let tower: TextTower;
let expected: Record<string, Tensor>;

beforeAll(async () => {
  writeSeededCheckpoint(clip, fixture.shapes);
  clipFile = await openFile(clip);
  checkpoint = await openFile(sharedData('checkpoint/starter-emoji-128.safetensors'));
  expected = await readTensors(join(import.meta.dirname, 'fixtures/aesthetic.safetensors'));
  tower = findTextTower(await indexOf(clip))!;
  const parts = families.sd1.parts(await indexOf(checkpoint.file));
  model = createModel(
    { parts, vae: parts.vae(), previewVae: undefined },
    {
      readTensor: async ({ offset, length }) => checkpoint.read(offset, length),
      async withSession({ name, variant, graph }, work) {
        const key = `${name} ${variant}`;
        let session = sessions.get(key);
        if (session === undefined) sessions.set(key, (session = openOnCpu(graph(), 'small')));
        return work(await session);
      },
    },
  );
});

afterAll(async () => {
  for (const session of sessions.values()) await (await session).release();
  await checkpoint.close();
  await clipFile.close();
  rmSync(folder, { recursive: true });
});

const hands: TuningHands = {
  async open(graph) {
    opened++;
    return openOnCpu(graph, 'small');
  },
  readTensor: async ({ offset, length }) => clipFile.read(offset, length),
};

/** The vector of the oracle, of length 1. */
function aestheticVector(): Float32Array {
  const vector = Float32Array.from(seededIntegers('aesthetic vector', tower.featureWidth), (whole) => whole / 128);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const gradientWith = (settings: AestheticSettings): AestheticGradient =>
  new AestheticGradient(tower, aestheticVector(), settings, hands);

type Case = (typeof fixture.cases)['usual'];
const cases = Object.entries<Case>(fixture.cases);

async function encode(base: Model, { prompt, clipSkip, calls }: Case) {
  const parsed = parsePrompts([prompt], [''], { stripComments: true, handledTagTypes: [] });
  return encodePrompts(parsed, base.promptEncoders({ ...promptDefaults, clipSkip }, NO_EMBEDDINGS), { steps: calls });
}

async function draw(base: Model, { prompt, clipSkip }: Case): Promise<Float32Array> {
  const { sampler, schedule } = findSampler('Euler', 'uniform');
  const run = generate(
    {
      prompt,
      negativePrompt: '',
      sampler,
      schedule,
      steps: fixture.steps,
      cfgScale: fixture.cfg,
      width: fixture.size,
      height: fixture.size,
      seeds: [{ seed: fixture.seed, subseed: 0 }],
      subseedStrength: 0,
      sampling: { ...samplingDefaults, randnSource: 'cpu' },
      text: { ...promptDefaults, clipSkip },
    },
    base,
  );
  for (;;) {
    const next = await run.next();
    if (next.done === true) return next.value.latent.data;
  }
}

describe('AG-01: tuning the text encoder', () => {
  it.each(cases)('AG-01: %s: the encoding that torch has', async (name, one) => {
    const { conditioning } = await encode(gradientWith(one.settings).tune(model), one);
    const wanted = expected[`encoding ${name}`]!;
    const [, rows, width] = wanted.shape as [number, number, number];
    for (const text of one.texts) {
      // The second text of the schedule begins with its third call.
      const { data } = conditioning[0]!.parts[0]!.at(2 * text);
      const found = fixture.rows
        .slice(0, rows)
        .flatMap((row: number) => Array.from(data.subarray(row * width, (row + 1) * width)));
      const size = rows * width;
      expect(relativeError(found, wanted.data.subarray(text * size, (text + 1) * size))).toBeLessThan(1e-4);
    }
  });

  it.each(fixture.runs as (keyof typeof fixture.cases)[])(
    'AG-01: %s: the latent that torch has',
    async (name: keyof typeof fixture.cases) => {
      const one: Case = fixture.cases[name];
      const latent = await draw(gradientWith(one.settings).tune(model), one);
      expect(relativeError(latent, expected[`latent ${name}`]!.data)).toBeLessThan(1e-3);
    },
  );

  it('AG-01: leaves the checkpoint and its own copy as they were: the same before and after, to the bit', async () => {
    const { usual } = fixture.cases;
    const encodingOf = async (base: Model): Promise<Float32Array> =>
      (await encode(base, usual)).conditioning[0]!.parts[0]!.at(0).data;
    const before = await encodingOf(model);
    const tuned = await encodingOf(gradientWith(usual.settings).tune(model));
    expect(relativeError(tuned, before)).toBeGreaterThan(0.1);
    expect(await encodingOf(model)).toEqual(before);
    const gradient = gradientWith(usual.settings);
    expect(await encodingOf(gradient.tune(model))).toEqual(tuned);
    // The same texts are not tuned for again.
    const already = opened;
    expect(await encodingOf(gradient.tune(model))).toEqual(tuned);
    expect(opened).toBe(already);
  });

  it('does nothing without steps, rate or weight', () => {
    const { settings } = fixture.cases.usual;
    for (const nothing of [{ steps: 0 }, { learningRate: 0 }, { weight: 0 }]) {
      expect(gradientWith({ ...settings, ...nothing }).tune(model)).toBe(model);
    }
  });
});

describe('bad input', () => {
  const { usual } = fixture.cases;

  it('a checkpoint with other text encoders', () => {
    const [own] = model.parts.textEncoders();
    const tuned = (textEncoders: readonly TextEncoderPart[]): Model =>
      gradientWith(usual.settings).tune({ ...model, parts: { ...model.parts, textEncoders: () => textEncoders } });
    expect(() => tuned([own!, own!])).toThrow(/a checkpoint of SD 1.x, whose only text encoder is CLIP-L/);
    expect(() => tuned([{ ...own!, tokenizer: 'open-clip' }])).toThrow(/a checkpoint of SD 1.x/);
    expect(() => tuned([{ ...own!, width: 1024 }])).toThrow(/a width of 1024, as the checkpoint has it, found 128/);
  });

  it('an aesthetic text that is too long', async () => {
    const settings = { ...usual.settings, text: 'paint '.repeat(76) };
    await expect(encode(gradientWith(settings).tune(model), usual)).rejects.toThrow(/at most 75 tokens, found 76/);
  });

  it('a rate that leads nowhere', async () => {
    const settings = { ...usual.settings, learningRate: 1e30 };
    await expect(encode(gradientWith(settings).tune(model), usual)).rejects.toThrow(/rate of 1e\+30. Choose a lower/);
  });

  it('an identity matrix in place of the projection', async () => {
    const size = 96;
    const identity = new Uint16Array(size * size).map((_, i) => (i % (size + 1) === 0 ? 0x3c00 : 0));
    const readTensor: TuningHands['readTensor'] = async (entry) =>
      entry.name === tower.projection.name ? new Uint8Array(identity.buffer) : hands.readTensor(entry);
    const square = { ...tower, projection: { ...tower.projection, shape: [size, size] } };
    const gradient = new AestheticGradient(square, aestheticVector(), usual.settings, { ...hands, readTensor });
    await expect(encode(gradient.tune(model), usual)).rejects.toThrow(
      /found an identity matrix.*Get model.safetensors/,
    );
  });

  it('is cancelled between two steps', async () => {
    const parsed = parsePrompts(['a'], [''], { stripComments: true, handledTagTypes: [] });
    const encoders = gradientWith({ ...usual.settings, steps: 1000 })
      .tune(model)
      .promptEncoders(promptDefaults, NO_EMBEDDINGS);
    const control = new AbortController();
    const work = encodePrompts(parsed, encoders, { steps: 1, signal: control.signal });
    setTimeout(() => control.abort(new Error('enough')), 200);
    await expect(work).rejects.toThrow('enough');
  });
});

describe("AG-01: CLIP's picture encoder", () => {
  const pixelsOf = (name: string, [width, height]: readonly [number, number]): Pixels => ({
    width,
    height,
    channels: 3,
    data: Uint8Array.from(seededIntegers(`picture ${name}`, width * height * 3), (whole) => whole & 255),
  });

  it.each(Object.entries(fixture.pictures))('AG-01: %s: seen and understood as in transformers', async (name, size) => {
    const vision = findVisionTower(await indexOf(clip))!;
    const image = clipPicture(pixelsOf(name, size as [number, number]), vision.side);
    const seen = image.data.filter((_, i) => isFifth(i, vision.side));
    expect(relativeError(seen, expected[`seen ${name}`]!.data)).toBeLessThan(1e-6);
    const session = await openOnCpu(vision.graph(), 'quick');
    const { features } = await session.run({ image });
    await session.release();
    expect(relativeError(features!.data, expected[`features ${name}`]!.data)).toBeLessThan(1e-5);
  });
});

/** Every fifth column of every fifth row. */
const isFifth = (i: number, side: number): boolean => (i % side) % 5 === 0 && (Math.floor(i / side) % side) % 5 === 0;
