/** Something that is called by a word, or by several. */
interface Called<T> {
  /** The ids of its name. */
  readonly ids: readonly number[];
  readonly value: T;
}

/** What a word among the ids of a text stands for, and how many of them it takes up. */
export interface WordMatch<T> {
  readonly value: T;
  readonly idCount: number;
}

/** Looks for a word that begins at a position of a list of ids. */
export type WordMatcher<T> = (ids: readonly number[], position: number) => WordMatch<T> | undefined;

/**
 * Makes a matcher for words by their ids; of words that fit, the longest wins, of equal ones the first. As ids are those of lower-case
 * text, the case of a word does not matter.
 */
export function matchWords<T>(words: readonly Called<T>[]): WordMatcher<T> {
  const byFirstId = new Map<number, Called<T>[]>();
  for (const word of words) {
    const [first] = word.ids;
    if (first === undefined) continue;
    byFirstId.set(first, [...(byFirstId.get(first) ?? []), word]);
  }
  for (const candidates of byFirstId.values()) candidates.sort((a, b) => b.ids.length - a.ids.length);
  return (ids, position) => {
    const candidates = byFirstId.get(ids[position] ?? -1) ?? [];
    const found = candidates.find((candidate) => candidate.ids.every((id, i) => id === ids[position + i]));
    return found && { value: found.value, idCount: found.ids.length };
  };
}
