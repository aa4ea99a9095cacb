import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kinds as allKinds } from '@danqing/engine/adapters/kinds/index';
import type { MatchedAdapter } from '@danqing/engine/adapters/match-adapter';
import { measuringGraph, relativeSizes } from '@danqing/engine/adapters/measure-adapter';
import { openModel } from '@danqing/node/files/open-model';
import { runGraph } from '@danqing/node/runtime/run-graph';
import { convertFile } from '@danqing/studio/files/convert-file';
import { extractLora } from '@danqing/studio/files/extract-lora';
import { joinLoraFiles } from '@danqing/studio/files/join-loras';
import { mergeFiles } from '@danqing/studio/files/merge-files';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { smallAddOns } from '../scripts/small-add-ons.ts';
import { AdaptedStarter } from './adapted-starter.ts';
import tiny from './fixtures/sd1-tiny.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { writeSeededCheckpoint } from './seeded-weights.ts';
import { writeFloat32 } from './write-float32.ts';

// Small add-ons of every kind and layout on a tiny SD 1.x: all fit, and put into the checkpoint they are what they are beside it.

const folder = mkdtempSync(join(tmpdir(), 'danqing-small-'));
const whole = { prompt: 'red apple', steps: 2, cfg: 4, seed: 5, size: 64 };
const checkpoint = join(folder, 'tiny.safetensors');
const float32 = join(folder, 'float32.safetensors');
const matched = new Map<string, MatchedAdapter>();
let model: AdaptedStarter;

const at = (name: string): string => join(folder, `${name}.safetensors`);

beforeAll(async () => {
  // The tiny model knows 512 tokens only; a prompt needs them all.
  const embedding = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';
  writeSeededCheckpoint(checkpoint, { ...tiny.shapes, [embedding]: [49_408, 128] });
  await convertFile({ file: checkpoint, precision: 'fp32', output: float32 });
  model = await AdaptedStarter.open(float32);
  const file = await openModel(checkpoint);
  for await (const { name, tensors } of smallAddOns(file)) {
    writeFloat32(at(name), tensors);
    matched.set(name, await model.match(at(name)));
  }
  await file.close();
}, 120_000);

afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true });
});

const namesOf = (start: string): string[] => [...matched.keys()].filter((name) => name.startsWith(start));

it('LO-01, LY-01, LY-02: every kind and layout finds a layer for every key', () => {
  for (const [name, { leftOut, adapter, matchedKeys }] of matched) {
    expect([name, leftOut, matchedKeys]).toEqual([name, [], adapter.keyCount]);
  }
  const shown = [...matched.values()].flatMap(({ modules }) => modules.map(({ kind }) => kind.id));
  expect(new Set(shown)).toEqual(new Set(Object.keys(allKinds)));
});

it('LO-01: the same LoRA changes as much in every layout', async () => {
  const sizes = new Map<string, number>();
  for (const name of namesOf('layout-')) {
    const size = relativeSizes(await runGraph(measuringGraph(matched.get(name)!, {}), {})).get('denoiser')!;
    sizes.set(name, size);
    expect(size, name).toBeCloseTo(sizes.get('layout-kohya')!, 6);
  }
  expect(sizes.size).toBeGreaterThanOrEqual(9);
});

it('LO-06: a LoRA that was put into a checkpoint comes out again, and does the same', async () => {
  const merged = join(folder, 'tuned.safetensors');
  await mergeFiles({ models: [float32], loras: [{ name: at('kind-locon'), weight: 0.5 }], output: merged });
  const output = join(folder, 'extracted.safetensors');
  const ranks = { rank: 4, convRank: 4, precision: 'fp32' } as const;
  const { notes } = await extractLora({ tuned: merged, base: float32, ...ranks, output });
  const said = notes.map(({ en }) => en).join('; ');
  expect(said).toMatch(/^\d+ layers of rank 4; \d+ layers are the same in both and left out; it holds 100.00 % /);
  const extracted = await model.match(output);
  expect([extracted.leftOut, extracted.adapter.layout.id]).toEqual([[], 'kohya']);
  expect(extracted.modules.length).toBe(matched.get('kind-locon')!.modules.length);
  const [put] = [await model.draw(whole, [{ matched: matched.get('kind-locon')!, textEncoder: 0, denoiser: 0.5 }])];
  const found = await model.draw(whole, [{ matched: extracted, textEncoder: 1, denoiser: 1 }]);
  expect(relativeError(found, put)).toBeLessThan(1e-4);
}, 120_000);

it('LO-06: two LoRAs become one that does what both do', async () => {
  const output = join(folder, 'joined.safetensors');
  const loras = [at('kind-lora'), at('kind-locon')];
  await joinLoraFiles({ loras, weights: [0.6, -0.3], precision: 'fp32', output });
  const both = [0.6, -0.3].map((weight, i) => ({
    matched: matched.get(['kind-lora', 'kind-locon'][i]!)!,
    textEncoder: weight,
    denoiser: weight,
  }));
  const found = await model.draw(whole, [{ matched: await model.match(output), textEncoder: 1, denoiser: 1 }]);
  expect(relativeError(found, await model.draw(whole, both))).toBeLessThan(1e-5);
}, 120_000);

it('FMT-07, LO-06: all of them put into the checkpoint give the picture that they give beside it', async () => {
  const kinds = [...matched].filter(([name]) => name.startsWith('kind-'));
  const fed = await model.draw(
    whole,
    kinds.map(([, one]) => ({ matched: one, textEncoder: 0.1, denoiser: 0.2 })),
  );
  const output = join(folder, 'merged.safetensors');
  const loras = kinds.map(([name]) => ({ name: at(name), weight: 0.2, textEncoderWeight: 0.1 }));
  const { notes } = await mergeFiles({ models: [float32], loras, output });
  for (const [name, { adapter }] of kinds) {
    expect(notes.map(({ en }) => en).join('\n')).toContain(`${adapter.keyCount} of ${adapter.keyCount} keys fit`);
    expect(notes.map(({ zh }) => zh).join('\n')).toContain(`${name}.safetensors（`);
  }
  const merged = await AdaptedStarter.open(output);
  const found = await merged.draw(whole);
  await merged.close();
  expect(relativeError(found, fed)).toBeLessThan(1e-5);
  expect(relativeError(found, await model.draw(whole))).toBeGreaterThan(0.01);
}, 120_000);
