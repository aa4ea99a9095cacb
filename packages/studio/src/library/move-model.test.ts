import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { moveModel } from './move-model.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'danqing-move-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, text = path): string => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  return join(root, path);
};

const inFolder = (path: string): string[] => readdirSync(join(root, path)).sort();

it('first 6: moves a model with what lies beside it, and nothing else', async () => {
  const model = put('a/x.y.safetensors');
  for (const name of ['x.y.json', 'x.y.preview.png', 'x.y.civitai.info', 'x.json', 'x.yz.json', 'other.pt'])
    put(`a/${name}`);
  expect(await moveModel(model, join(root, 'new/b'))).toBe(join(root, 'new/b/x.y.safetensors'));
  expect(inFolder('new/b')).toEqual(['x.y.civitai.info', 'x.y.json', 'x.y.preview.png', 'x.y.safetensors']);
  expect(inFolder('a')).toEqual(['other.pt', 'x.json', 'x.yz.json']);
  expect(readFileSync(join(root, 'new/b/x.y.safetensors'), 'utf8')).toBe('a/x.y.safetensors');
});

it('leaves notes that another model of the same name uses too', async () => {
  const model = put('a/x.ckpt');
  for (const name of ['x.safetensors', 'x.json']) put(`a/${name}`);
  await moveModel(model, join(root, 'b'));
  expect(inFolder('a')).toEqual(['x.json', 'x.safetensors']);
  expect(inFolder('b')).toEqual(['x.ckpt', 'x.json']);
});

it('replaces nothing, and moves nothing then', async () => {
  const model = put('a/x.pt');
  put('a/x.json');
  put('b/x.json', 'mine');
  await expect(moveModel(model, join(root, 'b'))).rejects.toMatchObject({ code: 'bad-value' });
  expect(inFolder('a')).toEqual(['x.json', 'x.pt']);
  expect(readFileSync(join(root, 'b/x.json'), 'utf8')).toBe('mine');
  await expect(moveModel(join(root, 'gone.pt'), root)).rejects.toMatchObject({ code: 'missing' });
  expect(await moveModel(model, join(root, 'a'))).toBe(model);
});

it('moves diffusers folders whole, and links by what they lead to', async () => {
  put('a/sd-v1.5/model_index.json');
  put('a/sd-v1.5.png');
  await moveModel(join(root, 'a/sd-v1.5'), join(root, 'b'));
  expect(inFolder('b')).toEqual(['sd-v1.5', 'sd-v1.5.png']);
  put('real/x.pt', 'data');
  symlinkSync('../real/x.pt', join(root, 'a/x.pt'));
  await moveModel(join(root, 'a/x.pt'), join(root, 'b/deeper'));
  expect(readFileSync(join(root, 'b/deeper/x.pt'), 'utf8')).toBe('data');
  expect(existsSync(join(root, 'real/x.pt'))).toBe(true);
  expect(inFolder('a')).toEqual([]);
});
