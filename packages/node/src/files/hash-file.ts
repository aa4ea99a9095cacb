import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { DanqingError } from '@danqing/engine/errors';

/** Large enough that the pauses between reads do not show. */
const CHUNK_BYTES = 1 << 20;

/**
 * SHA-256 of the bytes of a file from `start` on, 64 hex digits; memory stays at a few chunks.
 * @throws io when the file cannot be read.
 */
export async function sha256OfFile(path: string, start = 0, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { start, highWaterMark: CHUNK_BYTES, ...(signal && { signal }) });
  try {
    for await (const chunk of stream) hash.update(chunk as Buffer);
  } catch (error) {
    signal?.throwIfAborted();
    throw new DanqingError('io', { where: path, expected: 'a file that can be read', found: (error as Error).message });
  }
  return hash.digest('hex');
}
