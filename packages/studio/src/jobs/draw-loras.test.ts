import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import { parseInfotext } from '@danqing/engine/image/infotext';
import { readReceipt } from '@danqing/engine/image/receipt';
import type { Container } from '@danqing/engine/weights/file-plan';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { modelOf, tensorOf, type TensorOfTest } from '../../../../tests/made-files.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// LoRAs as people ask for them, in a home of this test alone.

let folder: string;
let client: WorkerClient;

const LAYERS = ['attn1_to_q', 'attn2_to_q', 'attn1_to_v'].map(
  (name) => `lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_${name}`,
);

const lora = (seed: number): Record<string, TensorOfTest> =>
  Object.fromEntries(
    LAYERS.flatMap((name) => [
      [`${name}.lora_up.weight`, tensorOf([64, 2], (i) => 0.2 * Math.sin(seed + i), 'F32')],
      [`${name}.lora_down.weight`, tensorOf([2, 64], (i) => 0.5 * Math.cos(seed + i * i), 'F32')],
    ]),
  );

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-loras-'));
  vi.stubEnv('DANQING_HOME', folder);
  mkdirSync(join(folder, 'models', 'Lora', 'styles'), { recursive: true });
  await write('ink.safetensors', 1);
  await write('styles/ink-as-pt.pt', 1, 'torch');
  await write('ink-as-ckpt.ckpt', 1, 'torch');
  await write('wash.safetensors', 2);
  client = new WorkerClient();
});

afterAll(async () => {
  await client.stop();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const write = async (name: string, seed: number, container?: Container): Promise<void> =>
  writeFileSync(join(folder, 'models', 'Lora', name), (await modelOf(name, lora(seed), {}, container)).bytes);

async function draw(prompt: string, more: Partial<RecipeInput> = {}) {
  const recipe = { prompt, width: 64, height: 64, steps: 2, seed: 3, sampler: 'Euler', ...more };
  const notes: string[] = [];
  for await (const event of client.draw(readRecipe(recipe), { latents: true })) {
    if (event.type === 'note') notes.push(event.text);
    if (event.type !== 'picture') continue;
    const { latent, receipt, infotext } = event.picture;
    return { latent: latent!, receipt: readReceipt(receipt), infotext, notes };
  }
  throw new Error('no picture came');
}

const distance = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((value, i) => value - b[i]!));

describe('a LoRA', () => {
  it('LO-01, PR-01: is found in models/Lora by its name without an ending, whatever its container', async () => {
    const [plain, ink] = [await draw('fox'), await draw('fox <lora:ink:0.7>')];
    expect(ink.latent).not.toEqual(plain.latent);
    for (const name of ['ink-as-pt', 'ink-as-ckpt']) {
      const same = await draw(`fox <lora:${name}:0.7>`);
      expect(same.latent).toEqual(ink.latent);
      expect(same.receipt.addOns).toMatchObject([{ weight: 0.7, matchedKeys: 6, totalKeys: 6 }]);
    }
    expect((await draw('fox <lora:ink>')).latent).toEqual((await draw('fox <lora:ink:1.0>')).latent);
  });

  it('PR-02: a capital, a blank and an ending are the same LoRA, and that is said', async () => {
    const written = await draw('fox <Lora: ink.safetensors:0.7>');
    expect(written.latent).toEqual((await draw('fox <lora:ink:0.7>')).latent);
    expect(written.notes.join('\n')).toMatch(/<Lora: ink\.safetensors:0\.7>.*<lora:ink:0\.7>/);
  });

  it('PR-03, PR-04, LO-04: each has its own weight, more of it does more, and 0 is none', async () => {
    const plain = (await draw('fox')).latent;
    const far = async (weights: string): Promise<number> => distance((await draw(`fox ${weights}`)).latent, plain);
    const ink = [await far('<lora:ink:0.1>'), await far('<lora:ink:0.2>'), await far('<lora:ink:0.4>')];
    expect(ink).toEqual(ink.toSorted((a, b) => a - b));
    // So small, twice as much does twice as much.
    expect(ink[1]! / ink[0]!).toBeCloseTo(2, 1);
    expect(await far('<lora:ink:0>')).toBe(0);
    const both = await draw('fox <lora:ink:0.4> <lora:wash:0.3>');
    expect(both.receipt.addOns!.map(({ name, weight }) => [name, weight])).toEqual([
      ['ink.safetensors', 0.4],
      ['wash.safetensors', 0.3],
    ]);
    for (const one of ['<lora:wash:0.3>', '<lora:ink:0.4> <lora:wash:0.1>'])
      expect((await draw(`fox ${one}`)).latent).not.toEqual(both.latent);
    // At 0 it is gone at once, and back as it was.
    const without = await draw('fox <lora:ink:0.4> <lora:wash:0>');
    expect((await draw('fox <lora:ink:0.4> <lora:wash:0.3>')).latent).toEqual(both.latent);
    expect(without.latent).toEqual((await draw('fox <lora:ink:0.4>')).latent);
    expect(without.latent).not.toEqual(both.latent);
  });

  it('LO-03, PR-12: beside the prompt it draws what its tag draws, and the prompt that is recorded stays clean', async () => {
    const beside = await draw('fox', { loras: [{ name: 'ink', weight: 0.7 }] });
    expect(beside.latent).toEqual((await draw('fox <lora:ink:0.7>')).latent);
    const { prompt, extra } = parseInfotext(beside.infotext);
    expect(prompt).toBe('fox');
    const recorded = Object.fromEntries(extra);
    expect(recorded).toMatchObject({ 'AddNet Enabled': 'True', 'AddNet Module 1': 'LoRA', 'AddNet Weight A 1': '0.7' });
    expect(recorded['AddNet Model 1']).toMatch(/^ink\([\da-f]{12}\)$/);
  });
});
