import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Embeddings } from '@danqing/engine/text/embeddings/embedding';
import { fitEmbedding } from '@danqing/engine/text/embeddings/embedding';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { writeFloat32 } from '../../../../tests/write-float32.ts';
import { FileHashes } from '../library/file-hashes.ts';
import { mayCall } from './may-call.ts';
import { type EmbeddingAsk, OpenEmbeddings } from './open-embeddings.ts';
import { adviceOn, hashesOf, type ReadyEmbeddings, usedEmbeddings } from './ready-embeddings.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-open-embeddings-'));
const place = join(folder, 'embeddings');
mkdirSync(join(place, 'people'), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

const hashes = new FileHashes(folder);
const open = new OpenEmbeddings(hashes);
const prepare = async (prompt: string, more: Partial<EmbeddingAsk> = {}): Promise<ReadyEmbeddings> =>
  open.prepare({ prompt, negativePrompt: '', folders: [place], bundled: [], ...more });

const SD1 = [{ width: 768 }];
const SDXL = [{ width: 768 }, { width: 1280 }];

type Tensors = Readonly<Record<string, readonly [count: number, width: number, value?: number]>>;
function write(name: string, tensors: Tensors, metadata: Readonly<Record<string, string>> = {}): string {
  const path = join(place, name);
  const made = Object.entries(tensors).map(([key, [count, width, value]]) => ({
    name: key,
    shape: count === 0 ? [width] : [count, width],
    data: Float32Array.from({ length: Math.max(count, 1) * width }, (_, i) => value ?? (i % 7) / 50),
  }));
  writeFloat32(path, made, metadata);
  return path;
}
const copy = (from: string, to: string): void => copyFileSync(sharedData(from), join(place, to));

const namesOf = ({ usable }: Embeddings): string[] => usable.map(({ name }) => name);
const shapesOf = ({ usable }: Embeddings): unknown[] =>
  usable.map(({ vectors }) => Object.fromEntries([...vectors].map(([role, { shape }]) => [role, shape])));

copy('ti/gasai-yuno-1000.pt', 'Yuno-1000.pt');
copy('ti/fastai_learned_embeds.bin', 'people/birb-style.bin');
copy('ti/gasai-yuno-200.png', 'some picture.png');
write('EasyNegative.safetensors', { emb_params: [8, 768] });
write('wide.safetensors', { emb_params: [2, 1024] });
write('pair.safetensors', { clip_l: [2, 768], clip_g: [2, 1280] });
write('one.safetensors', { '<word>': [0, 768] });

describe('EM-01: files of every form', () => {
  it('A1111, kohya, diffusers, SDXL and pictures; in folders within, in any case, only those that may be called', async () => {
    const prompt = '(yuno-1000:1.2), EASYNEGATIVE, birb-style, gasai yuno, PAIR, one';
    const { embeddings, files, notes } = await prepare(prompt);
    expect(namesOf(embeddings).sort()).toEqual(
      ['EasyNegative', 'Yuno-1000', 'birb-style', 'gasai yuno', 'one', 'pair'].sort(),
    );
    expect(embeddings.unusable).toEqual([]);
    expect(notes).toEqual([]);
    const found = new Map(namesOf(embeddings).map((name, i) => [name, shapesOf(embeddings)[i]]));
    expect(Object.fromEntries(found)).toEqual({
      'Yuno-1000': { only: [8, 768] },
      EasyNegative: { only: [8, 768] },
      'birb-style': { only: [1, 768] },
      'gasai yuno': { only: [8, 768] },
      pair: { clip_l: [2, 768], clip_g: [2, 1280] },
      one: { only: [1, 768] },
    });
    expect([...files.values()].every(({ sha256 }) => /^[\da-f]{64}$/.test(sha256!))).toBe(true);
    expect(namesOf((await prepare('a castle')).embeddings)).toEqual([]);
    expect(namesOf((await prepare('a castle', { negativePrompt: 'easynegative' })).embeddings)).toEqual([
      'EasyNegative',
    ]);
  });

  it('pictures whose text is gone still have it in the bands at their sides', async () => {
    const original = (await prepare('gasai yuno')).embeddings.usable[0]!;
    const pixels = await decodePicture(readFileSync(sharedData('ti/gasai-yuno-200.png')));
    const other = join(folder, 'saved again');
    mkdirSync(other);
    writeFileSync(join(other, 'saved.png'), (await encodePicture(pixels, { format: 'png' })).bytes);
    const { usable } = (await prepare('gasai yuno', { folders: [other] })).embeddings;
    expect(usable.map(({ name, vectors }) => [name, vectors])).toEqual([['gasai yuno', original.vectors]]);
  });

  it('a picture of something else, or beside a file of its name, is none', async () => {
    const plain = { width: 32, height: 32, channels: 3 as const, data: new Uint8Array(32 * 32 * 3).fill(90) };
    const { bytes } = await encodePicture(plain, { format: 'png' });
    writeFileSync(join(place, 'holiday.png'), bytes);
    copyFileSync(join(folder, 'saved again', 'saved.png'), join(place, 'one.png'));
    copy('ti/gasai-yuno-200.png', 'x.preview.png');
    const { embeddings, notes } = await prepare('holiday, one, gasai yuno');
    expect(namesOf(embeddings).sort()).toEqual(['gasai yuno', 'one']);
    expect(notes).toEqual([]);
  });
});

describe('EM-03: what cannot be used says why, and names the right base', () => {
  it('vectors for other text encoders', async () => {
    const { embeddings } = await prepare('wide, pair, easynegative');
    const [easy, pair, wide] = [...embeddings.usable].sort((a, b) => (a.name < b.name ? -1 : 1));
    expect(fitEmbedding(easy!, SD1)).toMatchObject([{ name: 'EasyNegative' }]);
    expect(fitEmbedding(pair!, SDXL)).toMatchObject([
      { vectors: { shape: [2, 768] } },
      { vectors: { shape: [2, 1280] } },
    ]);
    expect(fitEmbedding(wide!, SD1)).toMatch(
      /^its vectors are 1024 wide, for Stable Diffusion 2.x.*; this checkpoint takes 768$/,
    );
    expect(fitEmbedding(easy!, SDXL)).toMatch(
      /^its vectors are 768 wide, for .*Stable Diffusion 1.x.*takes 768 and 1280$/,
    );
    expect(fitEmbedding(pair!, SD1)).toMatch(/^its vectors are 768 and 1280 wide, for Stable Diffusion XL.*takes 768$/);
  });

  it.each<[string, Tensors, RegExp]>([
    ['no numbers', { emb_params: [2, 768, NaN] }, /expected numbers of less than 1000000, found NaN/],
    ['absurd', { emb_params: [2, 768, 1e30] }, /found 1.0e\+30/],
    ['two words', { '<a>': [1, 768], '<b>': [2, 768] }, /holds several words \(<a>, <b>\)/],
    [
      'odd twins',
      { clip_l: [2, 768], clip_g: [3, 1280] },
      /as many vectors for one text encoder as for the other, found 2 and 3/,
    ],
    [
      'lora',
      {
        'lora_unet_mid_block_attentions_0_proj_in.lora_down.weight': [2, 64],
        'lora_unet_mid_block_attentions_0_proj_in.lora_up.weight': [64, 2],
      },
      /is no embedding but: LoRA/,
    ],
  ])('%s', async (name, tensors, why) => {
    write(`${name}.safetensors`, tensors);
    const { embeddings } = await prepare(`a ${name} in the sun`);
    expect(namesOf(embeddings)).toEqual([]);
    expect(embeddings.unusable).toMatchObject([{ name, why: expect.stringMatching(why) }]);
    // And the next one is none the worse.
    expect(namesOf((await prepare('easynegative')).embeddings)).toEqual(['EasyNegative']);
  });

  it('empty and broken files', async () => {
    writeFileSync(join(place, 'void.pt'), '');
    writeFileSync(join(place, 'torn.pt'), readFileSync(sharedData('ti/gasai-yuno-200.pt')).subarray(0, 5000));
    const { unusable } = (await prepare('void torn')).embeddings;
    expect(unusable.map(({ name }) => name)).toEqual(['torn', 'void']);
    expect(unusable.find(({ name }) => name === 'void')!.why).toBe('void.pt is empty');
  });

  it('of two files with one name one is used, and it is said which', async () => {
    const again = join(place, 'people', 'easynegative.safetensors');
    copyFileSync(join(place, 'EasyNegative.safetensors'), again);
    const { embeddings, notes } = await prepare('easynegative');
    expect(namesOf(embeddings)).toEqual(['EasyNegative']);
    expect(notes).toEqual([expect.stringMatching(/^There are several embeddings called .* is used, not .*people/)]);
    rmSync(again);
  });

  it('one that was trained on another checkpoint may do less', async () => {
    write(
      'anime.safetensors',
      { emb_params: [1, 768] },
      { sd_checkpoint_name: 'animefull', sd_checkpoint: '925997e9' },
    );
    const ready = await prepare('anime');
    const uses = [{ role: 'prompt' as const, embeddings: ready.embeddings.usable }];
    expect(adviceOn(uses, ready, { checkpoint: '/m/v1-5.ckpt', oldHash: '81761151' })).toEqual([
      '"anime" was trained on animefull [925997e9]; with another checkpoint it may do less.',
    ]);
    expect(adviceOn(uses, ready, { checkpoint: '/m/AnimeFull.ckpt', oldHash: undefined })).toEqual([]);
    expect(adviceOn(uses, ready, { checkpoint: '/m/nai.ckpt', oldHash: '925997e9' })).toEqual([]);
  });
});

describe('what is recorded', () => {
  it('EM-04: the receipt has the file, its vectors and which prompts called it', async () => {
    const ready = await prepare('pair easynegative');
    const [easy, pair] = [...ready.embeddings.usable].sort((a, b) => (a.name < b.name ? -1 : 1));
    const uses = [
      { role: 'prompt' as const, embeddings: [pair!] },
      { role: 'negative prompt' as const, embeddings: [easy!, pair!] },
    ];
    const sha256 = (name: string) => hashes.sha256(join(place, name));
    const [ofPair, ofEasy] = [await sha256('pair.safetensors'), await sha256('EasyNegative.safetensors')];
    expect(usedEmbeddings(uses, ready)).toEqual([
      expect.objectContaining({
        name: 'pair.safetensors',
        vectors: 2,
        usedIn: ['prompt', 'negative prompt'],
        sha256: ofPair,
      }),
      expect.objectContaining({
        name: 'EasyNegative.safetensors',
        vectors: 8,
        usedIn: ['negative prompt'],
        sha256: ofEasy,
      }),
    ]);
    // As A1111: the prompt's in front of the negative prompt's, once for each text encoder.
    const hash = { pair: ofPair.slice(0, 12), EasyNegative: ofEasy.slice(0, 12) };
    const list = (names: readonly (keyof typeof hash)[]) => names.map((name) => ({ name, hash: hash[name] }));
    expect(hashesOf(uses, ready, 1)).toEqual(list(['pair', 'EasyNegative', 'pair']));
    expect(hashesOf(uses, ready, 2)).toEqual(list(['pair', 'pair', 'EasyNegative', 'pair', 'EasyNegative', 'pair']));
    expect(basename(ready.files.get(easy!.identity)!.path)).toBe('EasyNegative.safetensors');
  });

  it('what comes later in a prompt of several parts stands in front', async () => {
    const ready = await prepare('pair easynegative one');
    const called = (name: string) => ready.embeddings.usable.find((one) => one.name === name)!;
    const uses = ['pair', 'one'].map((name) => ({ role: 'prompt' as const, embeddings: [called(name)] }));
    const negative = { role: 'negative prompt' as const, embeddings: [called('EasyNegative')] };
    expect(hashesOf([...uses, negative], ready, 1).map(({ name }) => name)).toEqual(['one', 'pair', 'EasyNegative']);
  });
});

it('names may stand in a text however it is written', () => {
  const isCalled = mayCall('a (bad-hands-5:1.2), [Age Slider::4] und «Ümlaut»');
  expect(['bad-hands-5', 'BAD_HANDS 5', 'age slider', 'ÜMLAUT'].map(isCalled)).toEqual([true, true, true, true]);
  expect(['bad hands 6', 'slider age'].map(isCalled)).toEqual([false, false]);
});
