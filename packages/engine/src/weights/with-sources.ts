import type { TensorEntry, TensorIndex } from './tensor-index.ts';

/** The same index, whose entries that no file holds as they are bring their source along: into graphs, to where they run. */
export function withSources(index: TensorIndex): TensorIndex {
  const { derived } = index;
  if (derived === undefined || derived.size === 0) return index;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, entry] of index.tensors) {
    const source = derived.get(entry.file);
    tensors.set(name, source === undefined ? entry : { ...entry, source });
  }
  return { ...index, tensors };
}

/** The file that the bytes of an entry come from; what is derived is named by its file first. */
export const fileOf = ({ file, source }: TensorEntry): string =>
  source === undefined ? file : file.slice(0, file.indexOf(DERIVED));

/** Between a file and what is derived from it, in the names of derived sources. */
export const DERIVED = ' › ';
