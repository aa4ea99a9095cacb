import { resolve } from 'node:path';
import type { FileSource } from './file-source.ts';
import type { NewFile } from './new-file.ts';
import { type WriteLargeOptions, writeLargeFile } from './write-large-file.ts';

/** Bytes that are copied at a time (larger writes take Linux longer), and how many such pieces are under way at once. */
const PIECE_BYTES = 1 << 19;
const LANES = 6;

/**
 * Writes a file that begins with other bytes than `source` and goes on as it does.
 * @param beginning what stands in the place of the first `replaced` bytes.
 * @throws as `writeLargeFile`.
 */
export async function replaceBeginning(
  source: FileSource,
  replaced: number,
  beginning: Uint8Array,
  target: string,
  options: WriteLargeOptions = {},
): Promise<void> {
  const sizeBytes = source.size - replaced + beginning.length;
  await writeLargeFile({ path: resolve(target), sizeBytes, sources: [source] }, options, async (file) => {
    await copyRest(source, replaced, beginning.length, file, options);
    await file.write(beginning, 0);
    options.onProgress?.(sizeBytes, sizeBytes);
  });
}

async function copyRest(
  source: FileSource,
  from: number,
  to: number,
  file: NewFile,
  { signal, onProgress }: WriteLargeOptions,
): Promise<void> {
  let next = from;
  let done = 0;
  const lanes = Array.from({ length: LANES }, async () => {
    const room = new Uint8Array(Math.min(PIECE_BYTES, source.size - from));
    while (next < source.size) {
      signal?.throwIfAborted();
      const start = next;
      next += room.length;
      const piece = room.subarray(0, Math.min(room.length, source.size - start));
      await source.readInto(piece, start);
      await file.write(piece, start - from + to);
      done += piece.length;
      onProgress?.(done, source.size - from + to);
    }
  });
  const ends = await Promise.allSettled(lanes);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
