import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { parseInfotext } from '@danqing/engine/image/infotext';
import { readReceipt } from '@danqing/engine/image/receipt';
import { decodeToFloat32, type DType } from '@danqing/engine/tensor/dtype';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelOf, type TensorOfTest } from '../../../../tests/made-files.ts';
import { indexOf } from '../../../../tests/stored-tensors.ts';
import { starterCheckpoint } from '../folders.ts';
import { planDecoding } from '../gallery/decode-again.ts';
import { drawnFox } from '../gallery/drawn-fox.test-picture.ts';
import { KeptLatents } from '../gallery/kept-latents.ts';
import { readPictureFile } from '../gallery/read-picture-file.ts';
import { saveDecoded, type SavedDecoded } from '../gallery/save-decoded.ts';
import { saveLatents } from '../gallery/save-latents.ts';
import { savePicture } from '../gallery/save-picture.ts';
import { openCatalogue } from '../library/catalogue.ts';
import { readRecipe } from './read-recipe.ts';
import { WorkerClient } from './worker-client.ts';

// VAEs beside a checkpoint: the starter's own, and what becomes of its pictures with others. Its folders are of this test alone.

const PREFIX = 'first_stage_model.';

let folder: string;
let client: WorkerClient;
let kept: KeptLatents;
const before = { home: process.env['DANQING_HOME'], cache: process.env['DANQING_CACHE'] };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-vaes-'));
  process.env['DANQING_HOME'] = join(folder, 'home');
  process.env['DANQING_CACHE'] = join(folder, 'cache');
  await mkdir(vaeFile(''), { recursive: true });
  for (const [name, container] of [
    ['pale-a.safetensors', 'safetensors'],
    ['pale-b.pt', 'torch'],
    ['pale-c.ckpt', 'torch'],
  ] as const) {
    writeFileSync(vaeFile(name), (await modelOf(name, await ownVae(0.15), {}, container)).bytes);
  }
  client = new WorkerClient();
  kept = new KeptLatents(join(folder, 'cache'));
});

afterAll(async () => {
  await client.stop();
  process.env['DANQING_HOME'] = before.home;
  process.env['DANQING_CACHE'] = before.cache;
  if (before.home === undefined) delete process.env['DANQING_HOME'];
  if (before.cache === undefined) delete process.env['DANQING_CACHE'];
  rmSync(folder, { recursive: true });
});

const vaeFile = (name: string): string => join(folder, 'home', 'models', 'VAE', name);

/** The starter's VAE as a file of its own has it; its last layer scaled, so that pictures come out pale. */
async function ownVae(scale: number): Promise<Record<string, TensorOfTest>> {
  const { tensors } = await indexOf(starterCheckpoint);
  const bytes = readFileSync(starterCheckpoint);
  const tensorsOfVae: Record<string, TensorOfTest> = {};
  for (const { name, dtype, shape, offset, length } of tensors.values()) {
    if (!name.startsWith(PREFIX)) continue;
    const stored = Uint8Array.from(bytes.subarray(offset, offset + length));
    const key = name.slice(PREFIX.length);
    tensorsOfVae[key] = {
      dtype,
      shape,
      bytes: key.startsWith('decoder.conv_out') ? scaled(stored, dtype, scale) : stored,
    };
  }
  return tensorsOfVae;
}

function scaled(bytes: Uint8Array, dtype: DType, scale: number): Uint8Array {
  return encodeFloat32(
    decodeToFloat32(bytes, dtype).map((value) => value * scale),
    dtype,
  ).bytes;
}

async function draw(more: object): Promise<{ picture: DrawnPicture; notes: string[] }> {
  const sampling = { sampler: 'DPM++ 2M Karras', steps: 3, cfgScale: 4, seed: 3, mode: 'small' } as const;
  const recipe = { prompt: 'fox', width: 64, height: 64, ...sampling };
  const notes: string[] = [];
  let picture: DrawnPicture | undefined;
  for await (const event of client.draw(readRecipe({ ...recipe, ...more }), { latents: true })) {
    if (event.type === 'note') notes.push(event.text);
    if (event.type === 'picture') picture = event.picture;
  }
  return { picture: picture!, notes };
}

/** Saves a picture where it would be, and gives its path. */
async function save(picture: DrawnPicture, name: string): Promise<string> {
  const place = { kind: 'file', path: join(folder, 'pictures', name), format: 'png' } as const;
  const settings = { place, recipe: { batchSize: 1, batchCount: 1 }, started: new Date() };
  return (await savePicture(picture, settings)).path;
}

async function decodeAgain(path: string, vaes: readonly string[], model?: string): Promise<SavedDecoded> {
  const plan = await planDecoding(path, vaes, model, kept);
  const decoded: { vae: number; picture: DrawnPicture }[] = [];
  for (const [vae, request] of plan.requests.entries()) {
    for await (const event of client.decode(request))
      if (event.type === 'picture') decoded.push({ vae, picture: event.picture });
  }
  return saveDecoded(decoded, { plan, label: ({ name, contrast }) => `${name} ${contrast.toFixed(2)}` });
}

const vaeOf = (picture: DrawnPicture) => readReceipt(picture.receipt).vae;

describe('another VAE', () => {
  it.each(['pale-a', 'pale-b.pt', 'pale-c'])(
    'VAE-01: %s of the VAE folder decodes, whatever its container',
    async (vae) => {
      const [own, other] = [await draw({ vae: 'none' }), await draw({ vae })];
      expect(other.picture.latent).toEqual(own.picture.latent);
      expect(other.picture.pixels).not.toEqual(own.picture.pixels);
      expect(other.picture.pixels).toEqual((await draw({ vae: 'pale-a' })).picture.pixels);
      expect(vaeOf(other.picture)).toMatchObject({ name: expect.stringMatching(/^pale-[abc]\./), why: 'asked for' });
    },
  );

  it('VAE-02: none, automatic or a file; none brings the one inside back, and a file put there later is found', async () => {
    const none = await draw({ vae: 'none' });
    const pale = await draw({ vae: 'pale-a' });
    const again = await draw({ vae: 'None' });
    expect(again.picture.pixels).toEqual(none.picture.pixels);
    expect(vaeOf(again.picture)).toEqual({ name: 'built-in', why: 'asked for the one inside the checkpoint' });
    const automatic = await draw({});
    expect(vaeOf(automatic.picture)).toEqual({ name: 'built-in', why: 'inside the checkpoint' });
    const late = vaeFile('starter-emoji-128.vae.safetensors');
    writeFileSync(late, readFileSync(vaeFile('pale-a.safetensors')));
    try {
      const found = await draw({});
      expect(vaeOf(found.picture)).toMatchObject({
        name: 'starter-emoji-128.vae.safetensors',
        why: 'found near the checkpoint',
      });
      expect(found.picture.pixels).toEqual(pale.picture.pixels);
      // In the settings text of A1111 a VAE is named only where it is another one.
      expect(parseInfotext(found.picture.infotext).vae).toMatchObject({ name: 'starter-emoji-128.vae' });
      expect(parseInfotext((await draw({ vae: 'none' })).picture.infotext).vae).toBeUndefined();
    } finally {
      rmSync(late);
    }
  });

  it('VAE-05: the widely usable ones are offered in the catalogue', () => {
    const names = openCatalogue()
      .search('', { kind: 'vae' })
      .flatMap(({ id, name, alsoCalled = [] }) => [id, name, ...alsoCalled]);
    for (const name of [
      'vae-ft-mse-840000-ema-pruned',
      'vae-ft-ema-560000-ema-pruned',
      'kl-f8-anime2',
      'Grapefruit VAE',
      'orangemix VAE',
    ])
      expect(names).toContain(name);
  });
});

describe('a washed-out picture', () => {
  it('CK-03: is recognised, and its latent decoded again with another VAE, to the bit as if drawn with it', async () => {
    const own = await draw({ vae: 'none' });
    expect(own.notes).toEqual([]);
    const pale = await draw({ vae: 'pale-a' });
    expect(pale.notes).toEqual([
      expect.stringMatching(/^This picture looks washed out \(colourfulness \d+, contrast 0\.0\d\)/),
    ]);
    const path = await save(pale.picture, 'pale.png');
    const { pictures, sheet } = await decodeAgain(path, ['none']);
    expect(sheet).toBeUndefined();
    const [better] = pictures;
    expect(better).toMatchObject({
      path: join(folder, 'pictures', 'pale-none.png'),
      name: 'built-in',
      isWashedOut: false,
    });
    const pixels = await decodePicture(readFileSync(better!.path));
    expect(Buffer.from(pixels.data).equals(own.picture.pixels)).toBe(true);
    const { vae, ...others } = readReceipt(pale.picture.receipt).parameters!;
    expect(vae).toMatchObject({ name: 'pale-a' });
    const { picture } = await readPictureFile(better!.path);
    expect(picture.parameters).toEqual(others);
    expect(picture.receipt?.vae).toMatchObject({ name: 'built-in', why: 'asked for the one inside the checkpoint' });
  });

  it('VAE-04: the effect of a VAE is seen side by side and told in numbers', async () => {
    const path = await save((await draw({ vae: 'pale-a' })).picture, 'effect.png');
    const { pictures, sheet } = await decodeAgain(path, ['pale-a', 'none', 'taesd']);
    const [pale, own, tiny] = pictures;
    expect(pale).toMatchObject({ isWashedOut: true, psnrDb: Infinity });
    expect(own!.colourfulness).toBeGreaterThan(4 * pale!.colourfulness);
    expect(own!.contrast).toBeGreaterThan(4 * pale!.contrast);
    expect(own!.psnrDb).toBeLessThan(20);
    expect(tiny!.isWashedOut).toBe(false);
    expect(sheet).toBe(join(folder, 'pictures', 'effect-vaes.png'));
    const shown = await decodePicture(readFileSync(sheet!));
    // GEN-05: three of 64 pixels with white between, and their labels above.
    expect(shown.width).toBe(3 * 64 + 2 * 4);
    expect(shown.height).toBeGreaterThan(64 + 24);
    const last = shown.height - 1;
    const ownPixels = await decodePicture(readFileSync(own!.path));
    expect([...shown.data.subarray(3 * (last * shown.width + 68), 3 * (last * shown.width + 68 + 64))]).toEqual([
      ...ownPixels.data.subarray(3 * 63 * 64),
    ]);
    // What is there is not replaced.
    await decodeAgain(path, ['none']);
    expect(readdirSync(join(folder, 'pictures')).filter((name) => name.startsWith('effect-none'))).toHaveLength(2);
  });

  it('GEN-05: latents in a file are decoded too, of which the checkpoint need not be there for another VAE', async () => {
    const { picture } = await draw({ vae: 'none' });
    const path = join(folder, 'saved.safetensors');
    await saveLatents(path, [picture, picture]);
    const { pictures } = await decodeAgain(path, ['pale-b']);
    expect(pictures.map(({ path: file }) => file)).toEqual([1, 2].map((n) => join(folder, `saved-pale-b-${n}.png`)));
    await expect(decodeAgain(path, ['none'])).rejects.toThrow('Name the checkpoint that it is in with --model');
    const [own] = (await decodeAgain(path, ['none'], starterCheckpoint)).pictures;
    expect(Buffer.from((await decodePicture(readFileSync(own!.path))).data).equals(picture.pixels)).toBe(true);
  });

  it.each(['fast', 'quick', 'small'])(
    'GEN-05: is decoded in the mode that drew it (%s), so that its own VAE gives it again to the bit',
    async (mode) => {
      const { picture } = await draw({ vae: 'none', mode, width: 128, height: 192, steps: 1 });
      const [again] = (await decodeAgain(await save(picture, `${mode}.png`), ['none'])).pictures;
      expect(Buffer.from((await decodePicture(readFileSync(again!.path))).data).equals(picture.pixels)).toBe(true);
    },
  );

  it('GEN-05: keeps its own settings where another picture has the same latent', async () => {
    // Euler adds no noise where `s_churn` is 0.
    const same = { sampler: 'Euler', steps: 2, vae: 'none' };
    const path = await save((await draw({ ...same, options: { s_noise: 1 } })).picture, 'first.png');
    await draw({ ...same, options: { s_noise: 1.5 } });
    const [again] = (await decodeAgain(path, ['taesd'])).pictures;
    const { settings } = (await readPictureFile(again!.path)).picture.parameters!;
    expect(settings['s_noise' as keyof typeof settings]).toBeUndefined();
  });

  it('whose latent is gone, or that is of another program, is told how to get one', async () => {
    const path = await save((await draw({ seed: 99 })).picture, 'old.png');
    rmSync(join(folder, 'cache', 'latents'), { recursive: true });
    await expect(decodeAgain(path, ['none'])).rejects.toThrow('that it is not kept any more');
    await expect(decodeAgain(await save(drawnFox(), 'fox.png'), ['none'])).rejects.toThrow('--save-latent');
  });
});

it('keeps the latents of the last 200 pictures, no more', async () => {
  const many = new KeptLatents(join(folder, 'many'));
  const latent = { shape: [1, 4, 1, 1], data: new Float32Array(4) };
  for (let i = 0; i < 203; i++) await many.keep(String(i).padStart(64, '0'), { latent, receipts: [] });
  expect(readdirSync(join(folder, 'many', 'latents'))).toHaveLength(200);
  expect(await many.find('202'.padStart(64, '0'))).toMatchObject({ latent });
});
