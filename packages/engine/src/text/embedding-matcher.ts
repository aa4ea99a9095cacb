/** An embedding found among the tokens of a prompt: a word that stands for vectors of its own (textual inversion). */
export interface EmbeddingMatch {
  readonly name: string;
  /** How many vectors take its place. */
  readonly vectorCount: number;
  /** How many ids its name takes up in the text. */
  readonly idCount: number;
}

/** Looks for an embedding whose name begins at a position of a list of ids. */
export type EmbeddingMatcher = (ids: readonly number[], position: number) => EmbeddingMatch | undefined;

/**
 * Makes a matcher for embeddings by the ids of their names; of names that fit, the longest wins. As ids are those of lower-case text,
 * the case of a name does not matter.
 */
export function matchEmbeddings(
  embeddings: readonly { readonly name: string; readonly ids: readonly number[]; readonly vectorCount: number }[],
): EmbeddingMatcher {
  const byFirstId = new Map<number, { name: string; ids: readonly number[]; vectorCount: number }[]>();
  for (const embedding of embeddings) {
    const [first] = embedding.ids;
    if (first === undefined) continue;
    byFirstId.set(first, [...(byFirstId.get(first) ?? []), embedding]);
  }
  for (const candidates of byFirstId.values()) candidates.sort((a, b) => b.ids.length - a.ids.length);
  return (ids, position) => {
    const candidates = byFirstId.get(ids[position] ?? -1) ?? [];
    const found = candidates.find((candidate) => candidate.ids.every((id, i) => id === ids[position + i]));
    return found && { name: found.name, vectorCount: found.vectorCount, idCount: found.ids.length };
  };
}
