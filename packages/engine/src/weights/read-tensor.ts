import { DanqingError } from '../errors.ts';
import type { ByteSource, TensorEntry, TensorIndex } from './tensor-index.ts';

/**
 * The source that holds the bytes of an entry: a derived one of the index, or the file itself.
 * @param files open files by the name that entries call them by; several where a model comes in shards.
 * @throws missing when the file is none of `files`.
 */
export function sourceOf(index: TensorIndex, entry: TensorEntry, files: Iterable<ByteSource>): ByteSource {
  const derived = index.derived?.get(entry.file);
  if (derived !== undefined) return derived;
  for (const source of files) if (source.file === entry.file) return source;
  throw new DanqingError('missing', { where: entry.name, expected: `the open file ${entry.file}`, found: 'others' });
}

/** The stored bytes of a tensor, dense and little-endian. */
export function readTensorBytes(
  index: TensorIndex,
  entry: TensorEntry,
  files: Iterable<ByteSource>,
): Promise<Uint8Array> {
  return sourceOf(index, entry, files).read(entry.offset, entry.length);
}
