import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeModelFolder } from './place-model-folder.ts';

let folder: string;
let parts: { part: string; path: string }[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-'));
  parts = ['model_index.json', 'vae/config.json', 'vae/model.safetensors'].map((path, i) => {
    writeFileSync(join(folder, `${i}.part`), path);
    writeFileSync(join(folder, `${i}.part.journal`), '{}');
    return { part: join(folder, `${i}.part`), path };
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a model in several files', () => {
  it('appears whole, and its parts are gone then', async () => {
    const models = join(folder, 'models');
    expect(await placeModelFolder(parts, models, 'sd')).toEqual({ path: join(models, 'sd'), existed: false });
    expect(readFileSync(join(models, 'sd/vae/model.safetensors'), 'utf8')).toBe('vae/model.safetensors');
    expect(readdirSync(folder)).toEqual(['models']);
    expect(readdirSync(models)).toEqual(['sd']);
  });

  it('never touches one of the same name', async () => {
    mkdirSync(join(folder, 'models/sd'), { recursive: true });
    expect((await placeModelFolder(parts, join(folder, 'models'), 'sd')).path).toBe(join(folder, 'models/sd-2'));
  });

  it('keeps its parts when it cannot be placed, and clears what a killed program left', async () => {
    const models = join(folder, 'models');
    const twice = [...parts, { part: parts[0]!.part, path: 'vae/model.safetensors' }];
    await expect(placeModelFolder(twice, models, 'sd')).rejects.toThrow(/expected files of different names/);
    expect(readdirSync(models)).toEqual([]);
    expect(parts.every(({ part }) => existsSync(part) && existsSync(`${part}.journal`))).toBe(true);
    await placeModelFolder(parts, models, 'sd');
    expect(readdirSync(models)).toEqual(['sd']);
  });

  it('has no path that leads out of it', async () => {
    const paths = ['../../escaped.json', '/etc/passwd', 'a/../../b.json'];
    await placeModelFolder(
      parts.map(({ part }, i) => ({ part, path: paths[i]! })),
      join(folder, 'models'),
      '../sd',
    );
    expect(
      (readdirSync(folder, { recursive: true }) as string[]).filter((path) => /json|passwd/.test(path)).sort(),
    ).toEqual([
      'models/sd/a/download/download/b.json',
      'models/sd/download/download/escaped.json',
      'models/sd/download/etc/passwd',
    ]);
  });
});
