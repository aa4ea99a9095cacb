import { DanqingError } from '../errors.ts';
import type { ByteSource, TensorEntry, TensorIndex } from './tensor-index.ts';

/** An index that becomes part of a larger one; its names and metadata keys get the prefix. */
export interface IndexPart {
  readonly index: TensorIndex;
  readonly prefix: string;
}

/**
 * One index over several files: shards of a model, or the parts of a pipeline.
 * @throws bad-file when two parts hold a tensor of the same name.
 */
export function mergeIndexes(format: string, file: string, parts: readonly IndexPart[]): TensorIndex {
  const tensors = new Map<string, TensorEntry>();
  const metadata = new Map<string, string>();
  const derived = new Map<string, ByteSource>();
  for (const { index, prefix } of parts) {
    for (const entry of index.tensors.values()) {
      const name = prefix + entry.name;
      const other = tensors.get(name);
      if (other !== undefined) {
        throw new DanqingError('bad-file', {
          where: `${file} › ${name}`,
          expected: 'each tensor in one file',
          found: `one in ${other.file} and one in ${entry.file}`,
          advice: 'The folder holds parts of different models: download it again into an empty folder.',
        });
      }
      tensors.set(name, { ...entry, name });
    }
    for (const [key, text] of index.metadata) metadata.set(prefix + key, text);
    for (const [name, source] of index.derived ?? []) derived.set(name, source);
  }
  const foreign = [...new Set(parts.flatMap(({ index }) => index.foreign ?? []))];
  const notes = parts.flatMap(({ index }) => index.notes ?? []);
  return { format, file, tensors, metadata, derived, foreign, notes };
}
