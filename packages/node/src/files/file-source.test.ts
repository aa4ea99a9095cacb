import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFile } from './file-source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('openFile', () => {
  it('reads exactly the bytes that are asked for', async () => {
    const path = join(folder, 'ten');
    writeFileSync(
      path,
      Uint8Array.from({ length: 10 }, (_, i) => i),
    );
    const source = await openFile(path);
    expect(source.file).toBe(path);
    expect(source.size).toBe(10);
    expect([...(await source.read(3, 4))]).toEqual([3, 4, 5, 6]);
    expect([...(await source.read(10, 0))]).toEqual([]);
    await expect(source.read(8, 3)).rejects.toThrow(`${path}: expected 3 bytes at 8, found a file of 10 bytes.`);
    await expect(source.read(-1, 3)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(source.read(Number.NaN, 3)).rejects.toMatchObject({ code: 'bad-file' });
    await source.close();
  });

  it('reads beyond 4 GB', async () => {
    const path = join(folder, 'sparse');
    const descriptor = openSync(path, 'w');
    ftruncateSync(descriptor, 6e9);
    writeSync(descriptor, 'here', 5e9);
    const source = await openFile(path);
    expect(source.size).toBe(6e9);
    expect(new TextDecoder().decode(await source.read(5e9, 4))).toBe('here');
    await source.close();
  });

  it('says when a file shrinks while it is read', async () => {
    const path = join(folder, 'shrinks');
    writeFileSync(path, new Uint8Array(100));
    const source = await openFile(path);
    truncateSync(path, 10);
    await expect(source.read(0, 50)).rejects.toThrow('expected 50 bytes at 0, found only 10');
    await source.close();
  });

  it('refuses what is not a file with something in it', async () => {
    await expect(openFile(folder)).rejects.toThrow('found a folder.');
    await expect(openFile('/dev/zero')).rejects.toThrow('found a device.');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(openFile(pipe)).rejects.toThrow('found a pipe.');
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    await expect(openFile(empty)).rejects.toThrow('found an empty file. The download probably failed');
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await new Promise((done) => server.once('listening', done));
    await expect(openFile(socket)).rejects.toThrow('found a socket.');
    server.close();
  });

  it('says what the system refuses', async () => {
    await expect(openFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'missing' });
    await expect(openFile(join(folder, 'ten', 'below'))).rejects.toMatchObject({ code: 'missing' });
    await expect(openFile(join(folder, 'x'.repeat(10_000)))).rejects.toThrow('the system error ENAMETOOLONG');
    await expect(openFile('nul\0byte')).rejects.toThrow('ERR_INVALID_ARG_VALUE');
    const locked = join(folder, 'locked');
    writeFileSync(locked, 'x');
    chmodSync(locked, 0);
    await expect(asOrdinaryUser(() => openFile(locked))).rejects.toThrow('found no permission to read it');
  });
});

/** The superuser may read everything; tests in a container often run as one. */
async function asOrdinaryUser<T>(action: () => Promise<T>): Promise<T> {
  const user = process.geteuid!();
  if (user === 0) {
    chmodSync(folder, 0o755);
    process.seteuid!(65534);
  }
  try {
    return await action();
  } finally {
    process.seteuid!(user);
  }
}
