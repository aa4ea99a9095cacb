import type { TensorEntry, TensorIndex } from './tensor-index.ts';

/**
 * A statement about the keys of a file, as data. In a key pattern `*` stands for any run of characters; `rank` asks that the
 * first tensor that fits has that many axes; `says` is the statement in plain words.
 */
export type Evidence = { readonly says: string } & (
  | { readonly has: string; readonly rank?: number }
  | { readonly lacks: string }
  | { readonly anyOf: readonly Evidence[] }
);

/** Whether the statement is true of the file. */
export function holds(evidence: Evidence, index: TensorIndex): boolean {
  if ('anyOf' in evidence) return evidence.anyOf.some((one) => holds(one, index));
  if ('lacks' in evidence) return firstLike(index, evidence.lacks) === undefined;
  const found = firstLike(index, evidence.has);
  return found !== undefined && (evidence.rank === undefined || found.shape.length === evidence.rank);
}

/** The first tensor whose name fits a pattern with `*`. */
export function firstLike(index: TensorIndex, pattern: string): TensorEntry | undefined {
  if (!pattern.includes('*')) return index.tensors.get(pattern);
  const [start, ...rest] = pattern.split('*');
  for (const [name, entry] of index.tensors) {
    if (name.startsWith(start!) && fits(name, start!.length, rest)) return entry;
  }
  return undefined;
}

/** Whether `pieces` follow one another in `name` from `at`, the last one at the very end. */
function fits(name: string, at: number, pieces: readonly string[]): boolean {
  const last = pieces[pieces.length - 1]!;
  let from = at;
  for (const piece of pieces.slice(0, -1)) {
    const found = name.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
