import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeAtomic } from './write-atomic.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danqing-write-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

it('writes text, bytes and pieces, and leaves nothing else behind', async () => {
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(1, 2);
    yield Uint8Array.of(3);
  };
  expect(await writeAtomic(at('text'), '名')).toBe(true);
  expect(await writeAtomic(at('bytes'), Uint8Array.of(9))).toBe(true);
  expect(await writeAtomic(at('pieces'), pieces())).toBe(true);
  expect(await writeAtomic(at('list'), [Uint8Array.of(4), Uint8Array.of(5)])).toBe(true);
  expect(await readFile(at('text'), 'utf8')).toBe('名');
  expect([...(await readFile(at('pieces')))]).toEqual([1, 2, 3]);
  expect([...(await readFile(at('list')))]).toEqual([4, 5]);
  expect((await readdir(folder)).sort()).toEqual(['bytes', 'list', 'pieces', 'text']);
});

it('replaces a file whole, with its permissions, or leaves it alone', async () => {
  await writeFile(at('a'), 'old and longer');
  await chmod(at('a'), 0o640);
  expect(await writeAtomic(at('a'), 'new')).toBe(true);
  expect(await readFile(at('a'), 'utf8')).toBe('new');
  expect((await stat(at('a'))).mode & 0o777).toBe(0o640);
  expect(await writeAtomic(at('a'), 'other', { overwrite: false })).toBe(false);
  expect(await readFile(at('a'), 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['a']);
});

it('gives a name to one of many that want it at once', async () => {
  const won = await Promise.all(
    Array.from({ length: 10 }, (_, i) => writeAtomic(at('one'), `${i}`, { overwrite: false })),
  );
  expect(won.filter(Boolean)).toHaveLength(1);
  expect(await readFile(at('one'), 'utf8')).toBe(`${won.indexOf(true)}`);
});

it('follows a link to its file', async () => {
  await writeFile(at('real'), 'old');
  await symlink(at('real'), at('link'));
  await writeAtomic(at('link'), 'new');
  expect(await readFile(at('real'), 'utf8')).toBe('new');
  expect((await readdir(folder)).sort()).toEqual(['link', 'real']);
});

it('leaves the old file as it is when the contents fail on the way', async () => {
  await writeFile(at('a'), 'old');
  const broken = function* (): Generator<Uint8Array> {
    yield new Uint8Array(1000);
    throw new Error('no more');
  };
  await expect(writeAtomic(at('a'), broken())).rejects.toThrow('no more');
  expect(await readFile(at('a'), 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a']);
});

it('says why a place cannot be written', async () => {
  await mkdir(at('sub'));
  await writeFile(at('file'), '');
  await expect(writeAtomic(at('sub'), '')).rejects.toThrow('expected the name of a file, found a folder.');
  await expect(writeAtomic('/dev/null', '')).rejects.toThrow('found a device or another special file');
  await expect(writeAtomic(at('none/a'), '')).rejects.toThrow('found no such folder. Nothing was written.');
  await expect(writeAtomic(at('file/a'), '')).rejects.toThrow('found a file where a folder must be');
  await expect(writeAtomic(at('x'.repeat(300)), '')).rejects.toMatchObject({ code: 'io' });
  expect((await readdir(folder)).sort()).toEqual(['file', 'sub']);
});

it('leaves nothing behind when the disk takes no more', async () => {
  await writeFile(at('a'), 'old');
  // A limit on the size of files stands for a full disk: the system stops the write in the middle.
  const script = `import { writeAtomic } from ${JSON.stringify(fileURLToPath(new URL('./write-atomic.ts', import.meta.url)))};
    await writeAtomic(process.argv.at(-1), new Uint8Array(4_000_000)).catch((error) => console.log(error.code + ': ' + error.message));`;
  const { stdout } = await promisify(execFile)(
    'sh',
    [
      '-c',
      'ulimit -f 1000; exec "$0" --import tsx --input-type=module -e "$1" x "$2"',
      process.execPath,
      script,
      at('a'),
    ],
    { env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
  );
  expect(stdout).toBe(
    `io: ${at('a')}: expected a place where a file can be written, found a limit on the size of files. Nothing was written.\n`,
  );
  expect(await readFile(at('a'), 'utf8')).toBe('old');
  expect(await readdir(folder)).toEqual(['a']);
});
