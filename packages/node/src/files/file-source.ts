import type { Stats } from 'node:fs';
import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { ByteSource } from '@danqing/engine/weights/tensor-index';
import { readingTrouble } from './reading-trouble.ts';

/** An open file whose bytes are read where they are asked for. */
export interface FileSource extends ByteSource {
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
    const stats = await handle.stat();
    refuseOtherThanFile(file, stats);
    return new OpenFile(file, stats.size, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenFile implements FileSource {
  readonly file: string;
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(file: string, size: number, handle: FileHandle) {
    this.file = file;
    this.size = size;
    this.#handle = handle;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw new DanqingError('bad-file', {
        where: this.file,
        expected: `${length} bytes at ${offset}`,
        found: `a file of ${this.size} bytes`,
        advice: 'The file is cut short: get it again from its source.',
      });
    }
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const bytesRead = await this.#readOnce(bytes, done, offset + done);
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
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
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

function refuseOtherThanFile(file: string, stats: Stats): void {
  const found = stats.isFile() ? (stats.size === 0 ? 'an empty file' : undefined) : nameOf(stats);
  if (found === undefined) return;
  throw new DanqingError('bad-file', {
    where: file,
    expected: 'a file with something in it',
    found,
    ...(stats.isFile() ? { advice: 'The download probably failed: download it again.' } : {}),
  });
}

function nameOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
