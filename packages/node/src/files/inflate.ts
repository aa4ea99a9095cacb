import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const inflateAsync = promisify(inflateRaw);

/** Unpacks raw deflate, for members of zip archives; rejects rather than make more than `sizeBytes`. */
export function inflate(packed: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  return inflateAsync(packed, { maxOutputLength: Math.max(1, sizeBytes) });
}
