import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';
import { createBLAKE3, createCRC32 } from 'hash-wasm';
import { type OpenModel, openModel } from '../files/open-model.ts';
import { readingTrouble } from '../files/reading-trouble.ts';
import type { HashName, ModelHashes } from './model-hashes.ts';
import { TensorHasher } from './tensor-hasher.ts';

/** Two of these are in memory: one is hashed while the other is read. */
const CHUNK_BYTES = 4 << 20;

const OLD_HASH_START = 0x100000;
const OLD_HASH_END = OLD_HASH_START + 0x10000;

export interface HashOptions {
  readonly signal?: AbortSignal;
  /** Told how many bytes of how many have been hashed. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Computes hashes of a model in one pass over its bytes. What is no model, or a broken one, has no hash of tensors; a
 * diffusers folder has only that.
 * @throws missing or io when the file cannot be read, or changes meanwhile; the signal's reason when that ends it.
 */
export async function hashModel(
  path: string,
  wanted: readonly HashName[],
  options: HashOptions = {},
): Promise<Partial<ModelHashes>> {
  const needsIndex = wanted.includes('tensors') || wanted.includes('data');
  const model = needsIndex ? await openModel(path, { foreign: 'ignore' }).catch(() => undefined) : undefined;
  try {
    if (await isFolder(path)) return await hashFolder(model, wanted);
    return await hashFile(path, model, wanted, options);
  } catch (error) {
    if (options.signal?.aborted === true) throw options.signal.reason;
    throw error instanceof DanqingError ? error : readingTrouble(path, error);
  } finally {
    await model?.close();
  }
}

async function hashFile(
  path: string,
  model: OpenModel | undefined,
  wanted: readonly HashName[],
  { signal, onProgress }: HashOptions,
): Promise<Partial<ModelHashes>> {
  // The path may have become a pipe, whose opening would wait for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = await handle.stat({ bigint: true });
    const total = Number(before.size);
    const hashers = await Promise.all(wanted.map(async (name) => hasherOf[name](model)));
    let done = 0;
    for await (const chunk of readChunks(handle, total)) {
      signal?.throwIfAborted();
      for (const hasher of hashers) hasher.update(chunk, done);
      done += chunk.length;
      onProgress?.(done, total);
    }
    const digests = await Promise.all(hashers.map(async (hasher) => hasher.digest()));
    refuseChanged(path, before, await handle.stat({ bigint: true }), done);
    return Object.fromEntries(wanted.map((name, i) => [name, digests[i]]).filter(([, digest]) => digest !== undefined));
  } finally {
    await handle.close();
  }
}

async function hashFolder(model: OpenModel | undefined, wanted: readonly HashName[]): Promise<Partial<ModelHashes>> {
  if (!wanted.includes('tensors') || model === undefined) return {};
  const tensors = await new TensorHasher(model, undefined).digest();
  return tensors === undefined ? {} : { tensors };
}

/** Takes the bytes of a file in order and without a gap. */
interface Hasher {
  update(bytes: Uint8Array, position: number): void;
  digest(): string | undefined | Promise<string | undefined>;
}

const hasherOf: Readonly<Record<HashName, (model: OpenModel | undefined) => Hasher | Promise<Hasher>>> = {
  old: () => sha256Of(OLD_HASH_START, OLD_HASH_END, 8),
  sha256: () => sha256Of(0, Infinity),
  data: (model) => sha256Of(dataStart(model), Infinity),
  tensors: (model) =>
    model === undefined
      ? { update: () => undefined, digest: () => undefined }
      : new TensorHasher(model, model.index.file),
  blake3: async () => wholeFile(await createBLAKE3()),
  crc32: async () => wholeFile(await createCRC32()),
};

function sha256Of(start: number, end: number, digits = 64): Hasher {
  const hash = createHash('sha256');
  return {
    update: (bytes, position) =>
      void hash.update(bytes.subarray(Math.max(0, start - position), Math.max(0, end - position))),
    digest: () => hash.digest('hex').slice(0, digits),
  };
}

/** Where the header of a safetensors file ends; 0 for others. */
function dataStart(model: OpenModel | undefined): number {
  if (model?.index.format !== 'safetensors') return 0;
  // Without tensors nothing follows the header.
  return Math.min(
    Number.MAX_SAFE_INTEGER,
    ...[...model.index.tensors.values()].slice(0, 1).map(({ offset }) => offset),
  );
}

function wholeFile(hash: Awaited<ReturnType<typeof createBLAKE3>>): Hasher {
  hash.init();
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
}

/** Reads on while the chunk before is worked on; a chunk is good until the next is asked for. */
async function* readChunks(handle: FileHandle, total: number): AsyncGenerator<Uint8Array> {
  const size = Math.min(CHUNK_BYTES, Math.max(1, total));
  let [ready, spare] = [new Uint8Array(size), new Uint8Array(size)];
  let at = 0;
  const read = async (into: Uint8Array) => (await handle.read(into, 0, size, at)).bytesRead;
  let coming = read(ready);
  for (;;) {
    const length = await coming;
    if (length === 0) return;
    at += length;
    const chunk = ready.subarray(0, length);
    [ready, spare] = [spare, ready];
    coming = read(ready);
    // An error is told when the chunk is asked for.
    coming.catch(() => undefined);
    yield chunk;
  }
}

function refuseChanged(path: string, before: BigIntStats, after: BigIntStats, done: number): void {
  if (before.mtimeNs === after.mtimeNs && before.size === after.size && before.size === BigInt(done)) return;
  throw new DanqingError('io', {
    where: path,
    expected: `a file of ${before.size} bytes that stays as it is`,
    found: 'that it changed while it was read',
    advice: 'Try again once nothing writes to it.',
  });
}

const isFolder = async (path: string): Promise<boolean> => (await stat(path)).isDirectory();
