import type { Words } from '../words.ts';
import { remember } from './remember.ts';
import type { TensorEntry, TensorIndex } from './tensor-index.ts';

/**
 * A condition on the header of a file, as data. In a key pattern `*` stands for any run of characters; `rank` and `sizes`
 * (length by axis) are asked of the tensor that fits the pattern and whose name comes first.
 */
export type Condition =
  | { readonly has: string; readonly rank?: number; readonly sizes?: Readonly<Record<number, number>> }
  | { readonly lacks: string }
  | { readonly anyOf: readonly Condition[] }
  | { readonly allOf: readonly Condition[] }
  /** Number of tensors in the whole file, both ends included. */
  | { readonly tensors: readonly [least: number, most: number] }
  /** Every tensor has at most this many axes. */
  | { readonly flat: number }
  /** Something that a torch file holds beside its tensors. */
  | { readonly extra: string }
  /** The file's own notes, or its name. */
  | { readonly note: string; readonly like: RegExp }
  | { readonly named: RegExp };

/** A condition, and in plain words what it means that it holds. */
export type Evidence = Condition & { readonly says: Words };

/** Whether the condition is true of the file. */
export function holds(condition: Condition, index: TensorIndex): boolean {
  if ('has' in condition) return fitsShape(firstLike(index, condition.has), condition);
  if ('lacks' in condition) return firstLike(index, condition.lacks) === undefined;
  if ('anyOf' in condition) return condition.anyOf.some((one) => holds(one, index));
  if ('allOf' in condition) return condition.allOf.every((one) => holds(one, index));
  if ('tensors' in condition)
    return index.tensors.size >= condition.tensors[0] && index.tensors.size <= condition.tensors[1];
  if ('flat' in condition) return [...index.tensors.values()].every(({ shape }) => shape.length <= condition.flat);
  if ('extra' in condition) return index.extras?.has(condition.extra) === true;
  if ('note' in condition) return condition.like.test(index.metadata.get(condition.note) ?? '');
  return condition.named.test(fileName(index.file));
}

/** A tensor whose name fits a pattern with `*`: of several the one whose name comes first. */
export function firstLike(index: Pick<TensorIndex, 'tensors'>, pattern: string): TensorEntry | undefined {
  if (!pattern.includes('*')) return index.tensors.get(pattern);
  const look = lookOf(index.tensors);
  const known = look.found.get(pattern);
  if (known !== undefined || look.found.has(pattern)) return known;
  const found = search(look, pattern);
  look.found.set(pattern, found);
  return found;
}

/** Name without its folders, of either system. */
export function fileName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

function fitsShape(
  entry: TensorEntry | undefined,
  { rank, sizes }: { readonly rank?: number; readonly sizes?: Readonly<Record<number, number>> },
): boolean {
  if (entry === undefined || (rank !== undefined && entry.shape.length !== rank)) return false;
  if (sizes === undefined) return true;
  for (const axis in sizes) if (entry.shape[Number(axis)] !== sizes[axis]) return false;
  return true;
}

/** All tensors whose names begin so, in the order of their names. */
export function tensorsBelow(index: Pick<TensorIndex, 'tensors'>, start: string): readonly TensorEntry[] {
  const { sorted } = lookOf(index.tensors);
  const from = placeOf(sorted, start);
  let to = from;
  while (to < sorted.length && sorted[to]!.name.startsWith(start)) to++;
  return sorted.slice(from, to);
}

/** What makes many questions about one file fast: its tensors by name, and answers already given. */
interface Look {
  readonly sorted: readonly TensorEntry[];
  readonly found: Map<string, TensorEntry | undefined>;
}

const lookOf = remember((tensors: TensorIndex['tensors']): Look => ({
  sorted: [...tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  found: new Map(),
}));

/** Where the first name that is not before `start` stands. */
function placeOf(sorted: readonly TensorEntry[], start: string): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (sorted[middle]!.name < start) from = middle + 1;
    else to = middle;
  }
  return from;
}

function search({ sorted }: Look, pattern: string): TensorEntry | undefined {
  const [start, ...rest] = pattern.split('*') as [string, ...string[]];
  for (let at = placeOf(sorted, start); at < sorted.length; at++) {
    const entry = sorted[at]!;
    if (!entry.name.startsWith(start)) return undefined;
    if (fits(entry.name, start.length, rest)) return entry;
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
