import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { openIndex } from '@danqing/engine/weights/open-index';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawnFox } from './drawn-fox.test-picture.ts';
import { readLatents } from './latent-file.ts';
import { readOutputPlace } from './output-place.ts';
import { readPictureFile } from './read-picture-file.ts';
import { saveLatents } from './save-latents.ts';
import { savePicture, type SaveSettings } from './save-picture.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'danqing-save-'));
});

afterEach(() => rmSync(root, { recursive: true }));

const settingsFor = async (out: string, more: Partial<SaveSettings> = {}): Promise<SaveSettings> => ({
  place: await readOutputPlace(join(root, out)),
  recipe: { batchSize: 1, batchCount: 1 },
  started: new Date(),
  ...more,
});

describe('savePicture', () => {
  it('writes one picture under the name that was given, and again in its place', async () => {
    const settings = await settingsFor('deep/fox.png', { sidecar: true });
    for (let i = 0; i < 2; i++)
      expect(await savePicture(drawnFox(), settings)).toEqual({ path: join(root, 'deep/fox.png'), notes: [] });
    expect(readdirSync(join(root, 'deep')).sort()).toEqual(['fox.png', 'fox.txt']);
    expect(readFileSync(join(root, 'deep/fox.txt'), 'utf8')).toBe(`${drawnFox().infotext}\n`);
    const { picture } = await readPictureFile(join(root, 'deep/fox.png'));
    expect(picture).toMatchObject({ program: 'Danqing 0.1.0', parameters: { prompt: 'a fox', seed: 7n } });
  });

  it('numbers several pictures of one name', async () => {
    const settings = await settingsFor('fox.jpg', { recipe: { batchSize: 1, batchCount: 2 } });
    for (const index of [0, 1]) await savePicture(drawnFox(index), settings);
    expect(readdirSync(root).sort()).toEqual(['fox-1.jpg', 'fox-2.jpg']);
  });

  it('fills patterns with what is known of the picture and its job', async () => {
    const recipe = { batchSize: 2, batchCount: 2 };
    const settings = await settingsFor(
      '[model_name]/[seed]-[seed_first]-[seed_last]-[batch_number]-[generation_number].png',
      { recipe },
    );
    await savePicture(drawnFox(2), settings);
    expect(readdirSync(join(root, 'starter'))).toEqual(['9-7-10-1-3.png']);
    const variation = await settingsFor('v/[seed]-[seed_first]-[seed_last].png', { recipe });
    await savePicture(drawnFox(2, { seed: 7n, variation: { seed: 9n, strength: 0.5 } }), variation);
    expect(readdirSync(join(root, 'v'))).toEqual(['7-7-7.png']);
  });

  it('never replaces a picture in a folder', async () => {
    const settings = await settingsFor('folder/');
    const paths = [await savePicture(drawnFox(), settings), await savePicture(drawnFox(), settings)].map(
      ({ path }) => path,
    );
    expect(paths).toEqual(['00000-7.png', '00001-7.png'].map((name) => join(root, 'folder', name)));
  });

  it('writes PNG and says so where a JPEG cannot hold the settings', async () => {
    const long = drawnFox(0, { prompt: 'fox '.repeat(20_000) });
    const saved = await savePicture(long, await settingsFor('fox.jpg'));
    expect(saved).toEqual({
      path: join(root, 'fox.png'),
      notes: [expect.stringMatching(/^Saved as PNG: JPEG holds at most/)],
    });
  });
});

it('saves latents as one float32 tensor', async () => {
  const latents = [0, 1].map((n) => Float32Array.from({ length: 4 * 3 * 4 }, (_, i) => n * 100 + i / 7));
  const path = join(root, 'deep', 'latent.safetensors');
  const pictures = latents.map((latent, i) => ({ ...drawnFox(i), latent, family: 'sd1' }));
  await saveLatents(path, pictures);
  const bytes = readFileSync(path);
  const { tensors } = await openIndex(memorySource(path, bytes));
  const tensor = tensors.get('latent')!;
  expect([...tensors.keys()]).toEqual(['latent']);
  expect(tensor).toMatchObject({ dtype: 'F32', shape: [2, 4, 3, 4] });
  const data = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset + tensor.offset, bytes.byteOffset + tensor.offset + tensor.length),
  );
  expect(data).toEqual(Float32Array.from([...latents[0]!, ...latents[1]!]));
  expect(await readLatents(path)).toEqual({
    latent: { shape: [2, 4, 3, 4], data },
    family: 'sd1',
    receipts: pictures.map(({ receipt }) => receipt),
  });
});
