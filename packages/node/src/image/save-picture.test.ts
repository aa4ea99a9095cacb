import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_NAMING } from '@danqing/engine/image/file-name';
import type { NamingContext } from '@danqing/engine/image/file-name-patterns';
import { UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hashText } from './hash-pixels.ts';
import { savePicture } from './save-picture.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'danqing-save-'));
});
afterEach(() => rm(root, { recursive: true }));

const context: NamingContext = {
  parameters: { ...UNKNOWN_PARAMETERS, prompt: 'cat', seed: 42n },
  width: 1,
  height: 1,
  batch: { size: 1, index: 0, count: 1, iteration: 0 },
  firstSeed: 42n,
  lastSeed: 42n,
  styles: [],
  now: new Date('2024-02-29T12:00:00Z'),
  jobStarted: new Date('2024-02-29T12:00:00Z'),
  timeZone: 'UTC',
  hashText,
  pixelSha256: 'a'.repeat(64),
};
const request = () => ({
  root,
  rules: DEFAULT_NAMING,
  context,
  bytes: Uint8Array.of(1, 2, 3),
  format: 'jpeg' as const,
});

it('numbers pictures in the folder of the day, with a text beside each', async () => {
  expect(await savePicture({ ...request(), sidecar: 'cat\nSteps: 1' })).toBe(join(root, '2024-02-29', '00000-42.jpg'));
  expect(await savePicture({ ...request(), format: 'png', suffix: '-mask' })).toBe(
    join(root, '2024-02-29', '00001-42-mask.png'),
  );
  expect(await readFile(join(root, '2024-02-29', '00000-42.txt'), 'utf8')).toBe('cat\nSteps: 1\n');
  expect((await readdir(join(root, '2024-02-29'))).sort()).toEqual([
    '00000-42.jpg',
    '00000-42.txt',
    '00001-42-mask.png',
  ]);
});

it('gives twenty pictures that are saved at once twenty names', async () => {
  const paths = await Promise.all(Array.from({ length: 20 }, () => savePicture(request())));
  expect(new Set(paths).size).toBe(20);
  const files = await readdir(join(root, '2024-02-29'));
  expect(files).toHaveLength(20);
});

it('never replaces a file, not even where the pattern has no number', async () => {
  const rules = { filePattern: 'cat', folderPattern: '', addNumber: false };
  await writeFile(join(root, 'cat.jpg'), 'mine');
  await writeFile(join(root, 'cat-1.txt'), 'my notes');
  expect(await savePicture({ ...request(), rules, sidecar: 'x' })).toBe(join(root, 'cat-2.jpg'));
  expect(await readFile(join(root, 'cat.jpg'), 'utf8')).toBe('mine');
  expect(await readFile(join(root, 'cat-1.txt'), 'utf8')).toBe('my notes');
});

it('says what is wrong with a folder that cannot be made', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(savePicture({ ...request(), root: join(root, 'file') })).rejects.toMatchObject({ code: 'io' });
});
