import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import type { MadeTensor } from '@danqing/engine/weights/formula';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeModel, modelOf, tensorOf } from '../../../../tests/made-files.ts';
import { buildFile } from './build-file.ts';
import { type OpenModel, openModel } from './open-model.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danqing-build-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);

/** A model on the disk. */
async function saved(...args: Parameters<typeof modelOf>): Promise<OpenModel> {
  await writeFile(at(args[0]), (await modelOf(...args)).bytes);
  return openModel(at(args[0]));
}

const copies = ({ index }: OpenModel): MadeTensor[] =>
  [...index.tensors.values()].map((entry) => ({ ...entry, formula: { from: 'tensor', entry } }));

/** (a + b) / 2, with a's name. */
function means(a: OpenModel, b: OpenModel): MadeTensor[] {
  return [...a.index.tensors.values()].map((entry) => {
    const half = (operand: number) =>
      ({ op: 'scale', factor: 0.5, of: { op: 'tensor', operand, dtype: 'F16' } }) as const;
    const expression = { op: 'add', left: half(0), right: half(1) } as const;
    return {
      ...entry,
      formula: { from: 'expression', expression, operands: [entry, b.index.tensors.get(entry.name)!] },
    };
  });
}

const MANY = Array.from(
  { length: 400 },
  (_, i) => [`model.${i}`, tensorOf([1 + (i % 7), 1 + (i % 11)], (j) => i + j / 8)] as const,
);
/** So large that threads compute it, and that the last piece is odd. */
const LARGE = 9_000_001;
const known = new Map<number, Uint8Array>();

function large(seed: number): Parameters<typeof modelOf>[1] {
  let bytes = known.get(seed);
  if (bytes === undefined) {
    const codes = new Uint16Array(LARGE);
    for (let i = 0; i < LARGE; i++) codes[i] = (Math.imul(i + seed, 2654435761) >>> 18) + 0x2000;
    known.set(seed, (bytes = new Uint8Array(codes.buffer)));
  }
  return { large: { dtype: 'F16', shape: [LARGE], bytes }, small: tensorOf([5]) };
}

describe('buildFile', () => {
  it.each(['safetensors', 'torch'] as const)('copies any number of tensors to %s', async (container) => {
    const model = await saved('a.safetensors', Object.fromEntries(MANY));
    const told: number[] = [];
    const metadata = new Map([['title', '丹青']]);
    const built = await buildFile(
      { path: at('b'), container, tensors: copies(model), metadata, models: [model] },
      { onProgress: (done) => told.push(done) },
    );
    await model.close();
    const expected = await makeModel(
      at('b'),
      copies(model),
      [{ ...model.files[0]!, read: async (o, n) => (await readFile(at('a.safetensors'))).subarray(o, o + n) }],
      metadata,
      container,
    );
    expect(Buffer.compare(await readFile(at('b')), expected.bytes)).toBe(0);
    expect((await stat(at('b'))).size).toBe(built.sizeBytes);
    expect(told.at(-1)).toBe([...expected.index.tensors.values()].reduce((sum, { length }) => sum + length, 0));
    expect((await readdir(folder)).sort((x, y) => x.localeCompare(y))).toEqual(['a.safetensors', 'b']);
  });

  it('computes large tensors in threads, small ones here, the same for every container', async () => {
    const [a, b] = await Promise.all([saved('a.safetensors', large(1)), saved('b.safetensors', large(77))]);
    const memory = await Promise.all([modelOf(a.index.file, large(1)), modelOf(b.index.file, large(77))]);
    const sources = memory.map(({ source }) => source);
    const expected = await makeModel('c', means(a, b), sources, new Map(), 'safetensors', 1 << 20);
    const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    for (const container of ['safetensors', 'torch'] as const) {
      const built = await buildFile({ path: at(container), container, tensors: means(a, b), models: [a, b] });
      expect(built.tallies.get('large')).toEqual({ saturated: 0, nan: 0, infinite: 0 });
      const written = await readFile(at(container));
      const model = await openModel(at(container));
      const hashesIn = (bytes: Uint8Array, { tensors }: OpenModel['index']): string[] =>
        ['large', 'small'].map((name) => {
          const { offset, length } = tensors.get(name)!;
          return hash(bytes.subarray(offset, offset + length));
        });
      expect(hashesIn(written, model.index)).toEqual(hashesIn(expected.bytes, expected.index));
      await model.close();
    }
    expect(hash(await readFile(at('safetensors')))).toBe(hash(expected.bytes));
    await Promise.all([a.close(), b.close()]);
  });

  it('writes checksums that other programs agree with', async () => {
    const a = await saved('a.safetensors', large(1));
    await buildFile({ path: at('c.pt'), container: 'torch', tensors: copies(a), models: [a] });
    await a.close();
    const bytes = await readFile(at('c.pt'));
    const name = bytes.indexOf('archive/data/0');
    expect(bytes.readUInt32LE(name - 16)).toBe(crc32(Buffer.from(known.get(1)!)));
  });

  it('makes tensors that no file holds as they are', async () => {
    const { bytes } = await modelOf('a.pt', Object.fromEntries(MANY), {}, 'torch');
    // The same archive with another byte order than it says is one whose numbers are swapped when they are read.
    await writeFile(at('a.pt'), bytes);
    const model = await openModel(at('a.pt'));
    const [first] = model.index.tensors.values();
    const derived = { ...first!, file: 'made on demand', offset: 1 };
    const source = {
      file: 'made on demand',
      size: 100,
      read: async (offset: number, length: number) => new Uint8Array(length).fill(offset),
    };
    const tensors: MadeTensor[] = [{ ...first!, formula: { from: 'tensor', entry: derived } }];
    await buildFile({
      path: at('b.safetensors'),
      container: 'safetensors',
      tensors,
      models: [{ ...model, index: { ...model.index, derived: new Map([['made on demand', source]]) } }],
    });
    await model.close();
    const built = await readFile(at('b.safetensors'));
    expect([...built.subarray(-first!.length)]).toEqual(new Array(first!.length).fill(1));
  });

  it('counts what is no number', async () => {
    const model = await saved('a.safetensors', { a: tensorOf([4], [NaN, 1, Infinity, NaN]), b: tensorOf([1]) });
    const built = await buildFile({ path: at('b'), container: 'safetensors', tensors: copies(model), models: [model] });
    await model.close();
    expect(built.tallies.get('a')).toEqual({ saturated: 0, nan: 2, infinite: 1 });
    expect(built.tallies.get('b')).toEqual({ saturated: 0, nan: 0, infinite: 0 });
  });
});

describe('buildFile leaves things as they are', () => {
  it('when the name is taken, unless it may be replaced', async () => {
    const model = await saved('a.safetensors', Object.fromEntries(MANY));
    await writeFile(at('b'), 'mine');
    const request = { path: at('b'), container: 'safetensors', tensors: copies(model), models: [model] } as const;
    await expect(buildFile(request)).rejects.toThrow('expected a name that is free, found a file.');
    expect(await readFile(at('b'), 'utf8')).toBe('mine');
    await buildFile(request, { overwrite: true });
    expect((await stat(at('b'))).size).toBeGreaterThan(1000);
    // A file may replace the one that it is made from.
    await buildFile({ ...request, path: at('a.safetensors') }, { overwrite: true });
    await model.close();
    expect(await readFile(at('a.safetensors'))).toEqual(await readFile(at('b')));
  });

  it('when it is stopped', async () => {
    const [a, b] = await Promise.all([saved('a.safetensors', large(1)), saved('b.safetensors', large(2))]);
    for (const tensors of [copies(a), means(a, b)]) {
      const stop = new AbortController();
      const building = buildFile(
        { path: at('c'), container: 'safetensors', tensors, models: [a, b] },
        { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) },
      );
      await expect(building).rejects.toThrow('enough');
    }
    const never = { signal: AbortSignal.abort(new Error('not at all')) };
    await expect(
      buildFile({ path: at('c'), container: 'safetensors', tensors: copies(a), models: [a] }, never),
    ).rejects.toThrow('not at all');
    await Promise.all([a.close(), b.close()]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('when an input changes meanwhile', async () => {
    const model = await saved('a.safetensors', large(1));
    let changed: Promise<void> | undefined;
    const building = buildFile(
      { path: at('b'), container: 'safetensors', tensors: copies(model), models: [model] },
      { onProgress: () => void (changed ??= appendFile(at('a.safetensors'), 'more')) },
    );
    await expect(building).rejects.toThrow(
      'found that it changed while it was read. Try again once nothing writes to it.',
    );
    await changed;
    await model.close();
    expect(await readdir(folder)).toEqual(['a.safetensors']);
  });

  it('when an input becomes shorter, also under the hands of a thread', async () => {
    const [a, b] = await Promise.all([saved('a.safetensors', large(1)), saved('b.safetensors', large(2))]);
    await writeFile(at('b.safetensors'), '');
    const building = buildFile({ path: at('c'), container: 'safetensors', tensors: means(a, b), models: [a, b] });
    await expect(building).rejects.toMatchObject({
      code: 'io',
      message: expect.stringContaining('became shorter while it was read') as string,
    });
    await Promise.all([a.close(), b.close()]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('when there is no folder, or a folder of that name', async () => {
    const model = await saved('a.safetensors', { a: tensorOf([1]) });
    const build = (path: string, overwrite = false) =>
      buildFile({ path, container: 'safetensors', tensors: copies(model), models: [model] }, { overwrite });
    await expect(build(at('none/b'))).rejects.toThrow('found no such folder. Nothing was written.');
    await expect(build(folder, true)).rejects.toThrow('expected the name of a file, found a folder');
    await symlink(at('a.safetensors'), at('link'));
    await expect(build(at('link'))).rejects.toThrow('expected a name that is free');
    await model.close();
  });
});

describe('buildFile in a process of its own', () => {
  const script = (body: string): string => `
    import { openModel } from ${JSON.stringify(fileURLToPath(new URL('./open-model.ts', import.meta.url)))};
    import { buildFile } from ${JSON.stringify(fileURLToPath(new URL('./build-file.ts', import.meta.url)))};
    const model = await openModel(process.argv.at(-2));
    const tensors = [...model.index.tensors.values()].map((entry) => ({ ...entry, formula: { from: 'tensor', entry } }));
    const request = { path: process.argv.at(-1), container: 'torch', tensors, models: [model] };
    ${body}`;
  const run = (shell: string, body: string) =>
    promisify(execFile)(
      'sh',
      [
        '-c',
        `${shell} "$0" --import tsx --input-type=module -e "$1" x "$2" "$3"`,
        process.execPath,
        script(body),
        at('a.safetensors'),
        at('b.pt'),
      ],
      { env: { ...process.env, TSX_DISABLE_CACHE: '1' } },
    );

  it('leaves nothing behind when the disk takes no more', async () => {
    await (await saved('a.safetensors', large(1))).close();
    // A limit on the size of files stands for a full disk: the system stops the write in the middle.
    const { stdout } = await run(
      'ulimit -f 20000; exec',
      'await buildFile(request).catch((error) => console.log(error.message))',
    );
    expect(stdout).toBe(
      `${at('b.pt')}: expected a place where a file can be written, found a limit on the size of files. Nothing was written.\n`,
    );
    expect(await readdir(folder)).toEqual(['a.safetensors']);
  });

  it('leaves a file at most that the next run removes when it is killed', async () => {
    await (await saved('a.safetensors', large(1))).close();
    const killed = run('exec', "await buildFile(request, { onProgress: () => process.kill(process.pid, 'SIGKILL') })");
    await expect(killed).rejects.toMatchObject({ signal: 'SIGKILL' });
    const names = await readdir(folder);
    expect(names.filter((name) => name !== 'a.safetensors')).toEqual([expect.stringMatching(/^\.danqing-.*\.tmp$/)]);
    const model = await openModel(at('a.safetensors'));
    await buildFile({ path: at('b.pt'), container: 'torch', tensors: copies(model), models: [model] });
    await model.close();
    expect((await readdir(folder)).sort((x, y) => x.localeCompare(y))).toEqual(['a.safetensors', 'b.pt']);
  });
});
