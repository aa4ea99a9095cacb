import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeFile } from './place-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'place-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('placing a file', () => {
  it('moves it to its name', async () => {
    mkdirSync(join(folder, 'b'));
    writeFileSync(join(folder, 'a.part'), 'x');
    expect(await placeFile(join(folder, 'a.part'), join(folder, 'b', 'a.ckpt'))).toBe(true);
    expect(readFileSync(join(folder, 'b', 'a.ckpt'), 'utf8')).toBe('x');
    expect(readdirSync(folder)).toEqual(['b']);
  });

  it('never replaces another file', async () => {
    writeFileSync(join(folder, 'a.part'), 'new');
    writeFileSync(join(folder, 'a.ckpt'), 'old');
    expect(await placeFile(join(folder, 'a.part'), join(folder, 'a.ckpt'))).toBe(false);
    expect(readFileSync(join(folder, 'a.ckpt'), 'utf8')).toBe('old');
    expect(readFileSync(join(folder, 'a.part'), 'utf8')).toBe('new');
  });

  it('crosses disks', async () => {
    // /dev/shm is another file system than the temporary folder on most systems; where it is not, this is a plain move.
    const elsewhere = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/place-') : join(folder, 'b');
    mkdirSync(elsewhere, { recursive: true });
    writeFileSync(join(folder, 'a.part'), 'x');
    expect(await placeFile(join(folder, 'a.part'), join(elsewhere, 'a.ckpt'))).toBe(true);
    expect(readdirSync(elsewhere)).toEqual(['a.ckpt']);
    expect(existsSync(join(folder, 'a.part'))).toBe(false);
    rmSync(elsewhere, { recursive: true });
  });

  it('keeps the file where there is no such folder', async () => {
    writeFileSync(join(folder, 'a.part'), 'x');
    await expect(placeFile(join(folder, 'a.part'), join(folder, 'b', 'a.ckpt'))).rejects.toMatchObject({ code: 'io' });
    expect(existsSync(join(folder, 'a.part'))).toBe(true);
  });
});
