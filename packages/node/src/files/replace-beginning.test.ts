import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FileSource, openFile } from './file-source.ts';
import { replaceBeginning } from './replace-beginning.ts';

let folder: string;
let source: FileSource;
const bytes = Uint8Array.from({ length: 9_000_000 }, (_, i) => (i * 7) & 0xff);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danqing-beginning-'));
  await writeFile(join(folder, 'a'), bytes);
  source = await openFile(join(folder, 'a'));
});
afterEach(async () => {
  await source.close();
  await rm(folder, { recursive: true });
});

it.each([0, 3, 8, 100])('puts %i bytes in the place of 8, and keeps the rest', async (length) => {
  const beginning = new Uint8Array(length).fill(255);
  const told: number[] = [];
  await replaceBeginning(source, 8, beginning, join(folder, 'b'), { onProgress: (done) => told.push(done) });
  const expected = Buffer.concat([beginning, bytes.subarray(8)]);
  expect(Buffer.compare(await readFile(join(folder, 'b')), expected)).toBe(0);
  expect(told.at(-1)).toBe(expected.length);
  expect(await readdir(folder)).toHaveLength(2);
});

it('replaces the file itself, and only when it may', async () => {
  const change = (overwrite: boolean): Promise<void> =>
    replaceBeginning(source, 1, Uint8Array.of(9, 9), join(folder, 'a'), { overwrite });
  await expect(change(false)).rejects.toThrow('expected a name that is free');
  await change(true);
  const after = await readFile(join(folder, 'a'));
  expect([after.length, ...after.subarray(0, 4)]).toEqual([9_000_001, 9, 9, 7, 14]);
});

it('leaves nothing when it is stopped', async () => {
  const stop = new AbortController();
  const changing = replaceBeginning(source, 1, Uint8Array.of(9, 9), join(folder, 'b'), {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await expect(changing).rejects.toThrow('enough');
  expect(await readdir(folder)).toEqual(['a']);
});
