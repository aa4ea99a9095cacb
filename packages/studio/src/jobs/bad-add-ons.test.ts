import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import { readReceipt } from '@danqing/engine/image/receipt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelOf, tensorOf, type TensorOfTest } from '../../../../tests/made-files.ts';
import { starterCheckpoint } from '../folders.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// Add-ons that no picture can be drawn with, in one drawing process: what is said, and that nothing of them stays.

type Tensors = Record<string, TensorOfTest>;

const BLOCK = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0';
const LAYERS = ['attn1_to_q', 'attn2_to_q', 'attn1_to_v'].map((name) => `${BLOCK}_${name}`);
const [FIRST] = LAYERS as [string];

const layer = (name: string, size = 64, rank = 2, value = 0.1): Tensors => ({
  [`${name}.lora_up.weight`]: tensorOf([size, rank], (i) => value * Math.sin(i + 1), 'F32'),
  [`${name}.lora_down.weight`]: tensorOf([rank, size], (i) => Math.cos(i * i), 'F32'),
});

const lora = (): Tensors => Object.assign({}, ...LAYERS.map((name) => layer(name))) as Tensors;

const widths = (width: number): Tensors =>
  Object.fromEntries(
    [0, 1].flatMap((net) => [
      [`${width}.${net}.linear.0.weight`, tensorOf([width, width], () => 0.01, 'F32')],
      [`${width}.${net}.linear.0.bias`, tensorOf([width], () => 0, 'F32')],
    ]),
  );

const FILES: Readonly<Record<string, Tensors>> = {
  good: lora(),
  'not-a-number': { ...lora(), [`${LAYERS[2]}.lora_up.weight`]: tensorOf([64, 2], () => NaN, 'F32') },
  infinite: { ...lora(), [`${LAYERS[2]}.lora_up.weight`]: tensorOf([64, 2], () => Infinity, 'F32') },
  huge: { ...lora(), ...layer(LAYERS[2]!, 64, 2, 1e30) },
  empty: { ...lora(), ...layer(LAYERS[2]!, 64, 0) },
  other: Object.assign({}, ...LAYERS.map((name) => layer(name, 320))) as Tensors,
  sdxl: {
    'lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_up.weight': tensorOf([640, 2]),
    'lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k.lora_down.weight': tensorOf([2, 2048]),
  },
  word: { emb_params: tensorOf([2, 128], () => 0.01, 'F32') },
  half: { ...layer(FIRST), ...layer(`${BLOCK}_attn9_to_q`) },
  lacking: { ...layer(FIRST), [`${LAYERS[2]}.lora_up.weight`]: tensorOf([64, 2], () => 1, 'F32') },
};

let folder: string;
let client: WorkerClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-bad-add-ons-'));
  mkdirSync(join(folder, 'nets'));
  for (const [name, tensors] of Object.entries(FILES)) await write(`${name}.safetensors`, tensors);
  await write('nets/wide.safetensors', widths(768), { layer_structure: '[1,1]' });
  const { '128.1.linear.0.weight': _, '128.1.linear.0.bias': __, ...one } = widths(128);
  await write('nets/one.safetensors', one, { layer_structure: '[1,1]' });
  copyFileSync(starterCheckpoint, join(folder, 'whole.safetensors'));
  client = new WorkerClient();
});

afterAll(async () => {
  await client.stop();
  rmSync(folder, { recursive: true });
});

const write = async (name: string, tensors: Tensors, metadata = {}): Promise<void> =>
  writeFileSync(join(folder, name), (await modelOf(name, tensors, metadata)).bytes);

async function draw(prompt: string, more: Partial<RecipeInput> = {}) {
  const size = { width: 64, height: 64, steps: 2, seed: 3, sampler: 'Euler' };
  const folders = { loraFolders: [folder], hypernetworkFolders: [join(folder, 'nets')] };
  const notes: string[] = [];
  let latent: string | undefined;
  for await (const event of client.draw(readRecipe({ prompt, ...size, ...folders, ...more }))) {
    if (event.type === 'note') notes.push(event.text);
    if (event.type === 'picture') latent = readReceipt(event.picture.receipt).latentSha256;
  }
  return { latent, notes: notes.join('\n') };
}

describe('bad input: an add-on', () => {
  let plain: string | undefined;
  let good: string | undefined;

  beforeAll(async () => {
    plain = (await draw('fox')).latent;
    good = (await draw('fox <lora:good:1>')).latent;
  });

  it.each([
    ['<lora:not-a-number:1>', /attn1_to_v.*found 128 that are not numbers/],
    ['<lora:infinite:1>', /attn1_to_v.*128 that are infinite/],
    ['<lora:huge:1>', /at most 1000 times as large as the weights/],
    ['<lora:empty:1>', /attn1_to_v.*expected a rank of at least 1/],
    ['<lora:other:1>', /expected an add-on for Stable Diffusion 1.x, found another one: 0 of 6 keys fit/],
    [
      '<lora:sdxl:1>',
      /found one for Stable Diffusion XL: 0 of 2 keys fit .*Use it with a checkpoint of Stable Diffusion XL/,
    ],
    ['<lora:word:1>', /expected a LoRA or one of its kin, found embedding/],
    ['<lora:whole:1>', /found a whole checkpoint of Stable Diffusion 1.x.*Choose it as the model instead/],
    [
      '<hypernet:wide:1>',
      /networks for text of width 128, found another one: networks for 768. Choose one that was made for this/,
    ],
    ['<hypernet:one:1>', /expected two networks, for keys and for values, found one/],
    ['<lora:good:1> <lora:not-a-number:1>', /not numbers/],
    ['<lora:good:1> <hypernet:wide:1>', /networks for 768/],
  ])('%s is refused, and the next picture is as if it had not been asked for', async (tags, message) => {
    await expect(draw(`fox ${tags}`)).rejects.toThrow(message);
    expect((await draw('fox')).latent).toBe(plain);
  });

  it('that is applied by force, however large, leaves nothing behind either', async () => {
    const { latent, notes } = await draw('fox <lora:huge:1>', { forceAddOns: true });
    expect([latent === plain, notes]).toEqual([false, expect.stringMatching(/it changes the denoiser by Infinity %/)]);
    expect((await draw('fox')).latent).toBe(plain);
    expect((await draw('fox <lora:good:1>')).latent).toBe(good);
    expect(good).not.toBe(plain);
  });

  it.each([
    ['half', /2 of 4 keys fit; left out 2, such as .*attn9_to_q: the checkpoint has no such layer/],
    ['lacking', /2 of 3 keys fit; left out 1, such as .*attn1_to_v: no lora_down/],
  ])('that fits by half is applied by what fits, and that is said: %s', async (name, said) => {
    const { latent, notes } = await draw(`fox <lora:${name}:1>`);
    expect(notes).toMatch(said);
    expect(latent).not.toBe(plain);
    expect((await draw('fox')).latent).toBe(plain);
  });
});
