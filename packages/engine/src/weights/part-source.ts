import { DanqingError } from '../errors.ts';
import type { ByteSource, Span } from './tensor-index.ts';

/** A part of a source as a source of its own: a member of an archive. */
export function partSource(file: string, { source, offset: start, length: size }: Span): ByteSource {
  return {
    file,
    size,
    read(offset, length) {
      if (offset >= 0 && length >= 0 && offset + length <= size) return source.read(start + offset, length);
      return Promise.reject(
        new DanqingError('bad-file', {
          where: file,
          expected: `${length} bytes at ${offset}`,
          found: `only ${size} in all`,
        }),
      );
    },
  };
}
