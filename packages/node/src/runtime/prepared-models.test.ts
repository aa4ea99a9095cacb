import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PreparationPlace, PreparedModels } from './prepared-models.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-prepared-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

async function write({ modelFile, weightsName }: PreparationPlace): Promise<void> {
  await writeFile(modelFile, 'model');
  await writeFile(join(dirname(modelFile), weightsName), 'weights');
}

/** One that is made and safely on the disk. */
async function made(key: string): Promise<string> {
  const models = new PreparedModels(folder);
  await models.make(key, write);
  await models.settled();
  return models.find(key)!;
}

describe('PreparedModels', () => {
  it('can use a model at once, and finds it later under its key only', async () => {
    const models = new PreparedModels(folder);
    expect(models.find('a')).toBeUndefined();
    expect(existsSync(await models.make('a', write))).toBe(true);
    await models.settled();
    expect(models.find('a')).toBe(join(folder, 'a', 'model.onnx'));
    expect(new PreparedModels(folder).find('b')).toBeUndefined();
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('leaves nothing behind when writing fails', async () => {
    const failing = new PreparedModels(folder).make('a', () => Promise.reject(new Error('disk full')));
    await expect(failing).rejects.toThrow('disk full');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('does not find one that is damaged or not whole', async () => {
    const file = await made('a');
    truncateSync(join(dirname(file), 'model.weights'), 3);
    expect(new PreparedModels(folder).find('a')).toBeUndefined();
    await mkdir(join(folder, 'b'));
    await write({ modelFile: join(folder, 'b', 'model.onnx'), weightsName: 'model.weights' });
    expect(new PreparedModels(folder).find('b')).toBeUndefined();
  });

  it('makes a damaged one anew', async () => {
    const file = await made('a');
    truncateSync(file, 1);
    await made('a');
    expect(new PreparedModels(folder).find('a')).toBe(file);
  });

  it('sweeps away what processes have left that are gone, and nothing else', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    const own = `a.${process.pid}.tmp`;
    for (const name of [`a.${gone}.tmp`, own]) await mkdir(join(folder, name));
    writeFileSync(join(folder, `a.${gone}.tmp`, 'model.weights'), 'half');
    await made('b');
    await new PreparedModels(folder).sweep();
    expect(readdirSync(folder).sort()).toEqual([own, 'b']);
    await expect(new PreparedModels(join(folder, 'not there')).sweep()).resolves.toBeUndefined();
  });

  it('tells whether there is room', async () => {
    expect(await new PreparedModels(folder).hasRoom(1e18)).toBe(false);
    expect(await new PreparedModels('/dev/null/x').hasRoom(1)).toBe(false);
  });
});
