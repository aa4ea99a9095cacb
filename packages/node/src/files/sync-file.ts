import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { DanqingError } from '@danqing/engine/errors';
import type { ByteSource } from '@danqing/engine/weights/tensor-index';
import { readingTrouble } from './reading-trouble.ts';

/**
 * An open file for threads that look at thousands of them: each read blocks, which costs a tenth of a read that is waited for.
 * Closed by its owner.
 */
export class SyncFile implements ByteSource {
  readonly file: string;
  readonly size: number;
  readonly #descriptor: number;
  readonly #beginning: Uint8Array | undefined;
  /** How much of the beginning was read. */
  #begun = 0;

  /**
   * @param beginning memory for the file's first bytes, which the next file may have afterwards: what is read there are views of it.
   * @throws missing, bad-file for what is no file, io; as `openFile` does.
   */
  constructor(file: string, beginning?: Uint8Array) {
    this.file = file;
    this.#beginning = beginning;
    try {
      // A pipe's opening would wait for ever.
      this.#descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw readingTrouble(file, error);
    }
    const stats = fstatSync(this.#descriptor);
    this.size = stats.size;
    if (stats.isFile()) return;
    this.close();
    throw new DanqingError('bad-file', { where: file, expected: 'a file', found: 'a folder, device or pipe' });
  }

  /** Reads without a promise. @throws bad-file beyond the end; io. */
  readNow(offset: number, length: number): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size)) {
      throw this.#trouble('bad-file', offset, length, `a file of ${this.size} bytes`);
    }
    const end = offset + length;
    if (this.#beginning === undefined || end > this.#beginning.length) {
      const bytes = new Uint8Array(length);
      this.#fill(bytes, offset);
      return bytes;
    }
    if (end > this.#begun) {
      this.#fill(this.#beginning.subarray(this.#begun, end), this.#begun);
      this.#begun = end;
    }
    return this.#beginning.subarray(offset, end);
  }

  #fill(bytes: Uint8Array, offset: number): void {
    const { length } = bytes;
    let done = 0;
    while (done < length) {
      let read: number;
      try {
        read = readSync(this.#descriptor, bytes, done, Math.min(length - done, 1 << 30), offset + done);
      } catch (error) {
        throw readingTrouble(this.file, error);
      }
      if (read === 0) throw this.#trouble('io', offset, length, `only ${done}: it became shorter meanwhile`);
      done += read;
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.readNow(offset, length);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #trouble(code: 'bad-file' | 'io', offset: number, length: number, found: string): DanqingError {
    return new DanqingError(code, { where: this.file, expected: `${length} bytes at ${offset}`, found });
  }
}
