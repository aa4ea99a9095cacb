import type { BigIntStats, Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { ByteSource } from '@danqing/engine/weights/tensor-index';
import { readingTrouble } from './reading-trouble.ts';

/** An open file whose bytes are read where they are asked for. */
export interface FileSource extends ByteSource {
  /** The system's number of the open file, for reads that are not waited for. */
  readonly descriptor: number;
  /** Fills `target` with the bytes at `offset`; as `read`. */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  /** @throws io when the file was written to since it was opened. */
  refuseChanged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a regular file for reading at any place.
 * @throws missing when there is none; bad-file for a directory, device, pipe or empty file; io when the system refuses.
 */
export async function openFile(path: string): Promise<FileSource> {
  const file = resolve(path);
  refuseOtherThanFile(file, await statOf(file));
  let handle: FileHandle;
  try {
    // Between the look above and this call the path may have become a pipe, whose opening would wait for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw readingTrouble(file, error);
  }
  try {
    const stats = await handle.stat({ bigint: true });
    refuseOtherThanFile(file, stats);
    return new OpenFile(file, stats, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenFile implements FileSource {
  readonly file: string;
  readonly size: number;
  readonly #handle: FileHandle;
  /** As it was when it was opened. */
  readonly #stats: BigIntStats;

  constructor(file: string, stats: BigIntStats, handle: FileHandle) {
    this.file = file;
    this.size = Number(stats.size);
    this.#stats = stats;
    this.#handle = handle;
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#refuseOutside(offset, length);
    const bytes = new Uint8Array(length);
    await this.readInto(bytes, offset);
    return bytes;
  }

  async readInto(target: Uint8Array, offset: number): Promise<void> {
    const { length } = target;
    this.#refuseOutside(offset, length);
    for (let done = 0; done < length;) {
      const bytesRead = await this.#readOnce(target, done, offset + done);
      if (bytesRead === 0) {
        throw new DanqingError('io', {
          where: this.file,
          expected: `${length} bytes at ${offset}`,
          found: `only ${done}`,
          advice: 'The file became shorter while it was read: try again once nothing writes to it.',
        });
      }
      done += bytesRead;
    }
  }

  async refuseChanged(): Promise<void> {
    const { size, mtimeNs } = await this.#handle.stat({ bigint: true });
    if (size === this.#stats.size && mtimeNs === this.#stats.mtimeNs) return;
    throw new DanqingError('io', {
      where: this.file,
      expected: `a file of ${this.#stats.size} bytes that stays as it is`,
      found: 'that it changed while it was read',
      advice: 'Try again once nothing writes to it.',
    });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  #refuseOutside(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && offset + length <= this.size) return;
    throw new DanqingError('bad-file', {
      where: this.file,
      expected: `${length} bytes at ${offset}`,
      found: `a file of ${this.size} bytes`,
      advice: 'The file is cut short: get it again from its source.',
    });
  }

  async #readOnce(bytes: Uint8Array, at: number, position: number): Promise<number> {
    // One call reads less than 2 GiB whatever is asked.
    const length = Math.min(bytes.length - at, 1 << 30);
    try {
      return (await this.#handle.read(bytes, at, length, position)).bytesRead;
    } catch (error) {
      throw readingTrouble(this.file, error);
    }
  }
}

async function statOf(file: string): Promise<Stats> {
  try {
    return await stat(file);
  } catch (error) {
    throw readingTrouble(file, error);
  }
}

function refuseOtherThanFile(file: string, stats: Stats | BigIntStats): void {
  const found = stats.isFile() ? (Number(stats.size) === 0 ? 'an empty file' : undefined) : nameOf(stats);
  if (found === undefined) return;
  throw new DanqingError('bad-file', {
    where: file,
    expected: 'a file with something in it',
    found,
    ...(stats.isFile() ? { advice: 'The download probably failed: download it again.' } : {}),
  });
}

function nameOf(stats: Stats | BigIntStats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
