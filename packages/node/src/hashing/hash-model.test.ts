import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashModel } from './hash-model.ts';
import { HashThread } from './hash-thread.ts';
import { hashNames, SHA256_OF_NOTHING } from './model-hashes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-hash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that do not repeat, more than two chunks of them. */
const noise = (length: number): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = 1; i < length; i += 4) bytes.writeUInt32LE((x = (Math.imul(x, 1664525) + 1013904223) >>> 0), i);
  return bytes;
};

const safetensors = (tensors: Record<string, Uint8Array>, metadata = {}): Buffer => {
  let at = 0;
  const records = Object.entries(tensors).map(([name, { length }]) => {
    const offsets = [at, (at += length)];
    return [name, { dtype: 'U8', shape: [length], data_offsets: offsets }];
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(records) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...Object.values(tensors)]);
};

const recorded = JSON.parse(
  readFileSync(new URL('../../../../tests/fixtures/hashes.json', import.meta.url), 'utf8'),
) as {
  readonly noise: { bytes: number; old: string; sha256: string; blake3: string; crc32: string };
  readonly containers: Record<'safetensors' | 'torch zip' | 'torch legacy', string>;
};

describe('hashModel', () => {
  it('computes every hash as the usual programs do', async () => {
    const { noise: known } = recorded;
    const bytes = noise(known.bytes);
    const hashes = await hashModel(put('model.bin', bytes), hashNames);
    const { old, sha256: whole, blake3, crc32 } = known;
    expect(hashes).toEqual({ old, sha256: whole, data: whole, blake3, crc32 });
  });

  it('has no old hash worth the name for a file below 1 MiB', async () => {
    expect((await hashModel(put('small', noise(400)), ['old'])).old).toBe(SHA256_OF_NOTHING.slice(0, 8));
  });

  it('hashes what follows the header of a safetensors file', async () => {
    const [a, b] = [noise(5_000_000), noise(40)];
    const path = put('lora.safetensors', safetensors({ b, a, empty: new Uint8Array() }));
    expect((await hashModel(path, ['data'])).data).toBe(sha256(Buffer.concat([b, a])));
    expect((await hashModel(put('none.safetensors', safetensors({})), ['data'])).data).toBe(SHA256_OF_NOTHING);
  });

  it('gives tensors the same hash in any order and with any metadata', async () => {
    const [a, b] = [noise(9_000_000), noise(64)];
    const one = await hashModel(put('1.safetensors', safetensors({ a, b })), ['tensors', 'sha256']);
    const two = await hashModel(put('2.safetensors', safetensors({ b, a }, { note: 'x' })), ['tensors', 'sha256']);
    const other = await hashModel(put('3.safetensors', safetensors({ a, c: b })), ['tensors']);
    const lines = [
      ['a', 'U8', [9_000_000], sha256(a)],
      ['b', 'U8', [64], sha256(b)],
    ];
    expect(one.tensors).toBe(sha256(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))));
    expect(two.tensors).toBe(one.tensors);
    expect(two.sha256).not.toBe(one.sha256);
    expect(other.tensors).not.toBe(one.tensors);
  });

  it.each(['torch zip', 'torch legacy'] as const)(
    'gives tensors in %s the hash they have in safetensors',
    async (name) => {
      const files = [recorded.containers.safetensors, recorded.containers[name]].map((base64, i) =>
        put(`${i}`, Buffer.from(base64, 'base64')),
      );
      const [safe, other] = await Promise.all(files.map(async (path) => hashModel(path, ['tensors'])));
      expect(safe!.tensors).toMatch(/^[\da-f]{64}$/);
      expect(other).toEqual(safe);
    },
  );

  it('has no hash of tensors for a file without any', async () => {
    expect(await hashModel(put('a.safetensors', noise(400)), ['tensors'])).toEqual({});
    expect(await hashModel(put('b.safetensors', safetensors({})), ['tensors'])).toEqual({});
  });

  it('notices a file that changes while it is read', async () => {
    const path = put('model.bin', noise(9_000_000));
    const growing = hashModel(path, ['sha256'], { onProgress: () => appendFileSync(path, 'x') });
    await expect(growing).rejects.toMatchObject({ code: 'io', message: expect.stringContaining('changed') as string });
    await expect(hashModel(join(folder, 'none'), ['sha256'])).rejects.toMatchObject({ code: 'missing' });
  });
});

describe('HashThread', () => {
  it('hashes in a thread, several files at once, and says how far it is', async () => {
    const thread = new HashThread();
    const [big, small] = [noise(20_000_000), noise(300)];
    const told: number[] = [];
    const [one, two] = await Promise.all([
      thread.hash(put('big', big), ['sha256', 'crc32'], { onProgress: (done) => told.push(done) }),
      thread.hash(put('small', small), ['sha256']),
    ]);
    expect(one.sha256).toBe(sha256(big));
    expect(two.sha256).toBe(sha256(small));
    expect(told.length).toBe(1);
    await expect(thread.hash(join(folder, 'none'), ['sha256'])).rejects.toMatchObject({ code: 'missing' });
    await thread.close();
  });

  it('stops when it is told to, and goes on with the next', async () => {
    const thread = new HashThread();
    const path = put('big', noise(4));
    truncateSync(path, 500_000_000);
    const stop = new AbortController();
    const running = thread.hash(path, hashNames, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    expect((await thread.hash(path, ['old'])).old).toHaveLength(8);
    const last = thread.hash(path, hashNames).catch((error: unknown) => error);
    await thread.close();
    expect(await last).toMatchObject({ code: 'cancelled' });
  });
});
