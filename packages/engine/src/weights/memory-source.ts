import { DanqingError } from '../errors.ts';
import type { ByteSource } from './tensor-index.ts';

/** Bytes in memory as a source: files that were dropped on a page, archive members that had to be unpacked. */
export function memorySource(file: string, bytes: Uint8Array): ByteSource {
  return {
    file,
    size: bytes.length,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length)) {
        throw new DanqingError('bad-file', {
          where: file,
          expected: `${length} bytes at ${offset}`,
          found: `only ${bytes.length} bytes in all`,
        });
      }
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}
