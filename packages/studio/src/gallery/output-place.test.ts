import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkQuality, checkWritable, readOutputPlace } from './output-place.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'danqing-place-'));
  mkdirSync(join(root, 'old [seed]'));
  writeFileSync(join(root, 'old.png'), '');
  writeFileSync(join(root, 'model.safetensors'), '');
});

afterAll(() => rmSync(root, { recursive: true }));

const inFolder = { folderPattern: '', filePattern: '[seed]', addNumber: true };

describe('readOutputPlace', () => {
  it('without a path is A1111’s folder for today', async () => {
    expect(await readOutputPlace(undefined, 'webp')).toEqual({
      kind: 'folder',
      root: join('outputs', 'txt2img-images'),
      rules: { folderPattern: '[date]', filePattern: '[seed]', addNumber: true },
      format: 'webp',
    });
  });

  it.each([
    ['new.png', 'png'],
    ['new/deep/a.JPG', 'jpeg'],
    ['a.jpeg', 'jpeg'],
    ['a.webp', 'webp'],
    ['old.png', 'png'],
  ])('takes %s for a file', async (path, format) => {
    expect(await readOutputPlace(join(root, path))).toEqual({ kind: 'file', path: join(root, path), format });
  });

  it.each(['new', 'new/deep', 'v1.2', 'old [seed]'])('takes %s for a folder', async (path) => {
    expect(await readOutputPlace(join(root, path), 'jpeg')).toEqual({
      kind: 'folder',
      root: join(root, path),
      rules: inFolder,
      format: 'jpeg',
    });
  });

  it('takes what ends with a slash for a folder, whatever its name', async () => {
    expect(await readOutputPlace(`${join(root, 'a.png')}/`)).toMatchObject({ kind: 'folder', rules: inFolder });
  });

  it.each([
    ['p/[date]/x-[seed].png', 'p', { folderPattern: '[date]', filePattern: 'x-[seed]', addNumber: false }],
    ['[seed].webp', '', { folderPattern: '', filePattern: '[seed]', addNumber: false }],
    ['p/[datetime<%Y/%m>]/[model_name]', 'p', { ...inFolder, folderPattern: '[datetime<%Y/%m>]/[model_name]' }],
  ])('splits the pattern %s', async (path, folder, rules) => {
    expect(await readOutputPlace(join(root, path))).toMatchObject({ kind: 'folder', root: join(root, folder), rules });
  });

  it('leaves a pattern relative where it is', async () => {
    expect(await readOutputPlace('[seed].png')).toMatchObject({ root: '.' });
  });

  it.each<[string, 'png' | undefined, RegExp]>([
    ['a.webp', 'png', /expected an ending that suits PNG, found \.webp/],
    ['a.gif', undefined, /expected one of \.png, \.jpg, \.jpeg, \.webp, found \.gif/],
    ['model.safetensors', undefined, /expected a folder, or a file that ends in .* found a file/],
    ['old.png/below.png', undefined, /found a file in its way/],
  ])('refuses %s as %s', async (path, format, message) => {
    await expect(readOutputPlace(join(root, path), format)).rejects.toMatchObject({
      code: 'bad-value',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a device and an empty name', async () => {
    await expect(readOutputPlace('/dev/null')).rejects.toThrow('found a device');
    await expect(readOutputPlace('')).rejects.toThrow('found an empty name');
  });
});

describe('checkWritable', () => {
  it('looks at the folder that is there', async () => {
    await checkWritable(join(root, 'not', 'yet', 'a.safetensors'));
    await expect(checkWritable(root)).rejects.toThrow('found a folder');
    await expect(checkWritable(join(root, 'model.safetensors', 'a'))).rejects.toThrow('found a file in its way');
  });
});

it('takes qualities from 1 to 100 where something is lost', () => {
  for (const quality of [undefined, 1, 100]) expect(() => checkQuality(quality, 'webp')).not.toThrow();
  for (const quality of [0, 101, 50.5, Number.NaN])
    expect(() => checkQuality(quality, 'jpeg')).toThrow('from 1 to 100');
  expect(() => checkQuality(80, 'png')).toThrow('quality: expected JPEG or WebP, found PNG');
  expect(() => checkQuality(undefined, 'png')).not.toThrow();
});
