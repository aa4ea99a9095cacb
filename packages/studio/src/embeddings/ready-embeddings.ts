import { basename, extname } from 'node:path';
import type { HashedName } from '@danqing/engine/image/generation-parameters';
import type { AppliedAddOn } from '@danqing/engine/image/receipt';
import type { Embeddings } from '@danqing/engine/text/embeddings/embedding';
import type { EmbeddingUse } from '@danqing/engine/text/encode-prompts';
import type { TrainedOn } from './open-embeddings.ts';

/** Where an embedding is from. */
export interface EmbeddingFile {
  readonly path: string;
  readonly vectors: number;
  /** SHA-256 of the whole file; none for what an adapter brings along. */
  readonly sha256?: string;
  readonly trainedOn?: TrainedOn | undefined;
}

/** What prompts may call by name, and all there is to say about it. */
export interface ReadyEmbeddings {
  readonly embeddings: Embeddings;
  /** By the identity of the embedding. */
  readonly files: ReadonlyMap<string, EmbeddingFile>;
  readonly notes: readonly string[];
}

/** Digits of a hash as A1111 writes it for embeddings. */
const HASH_DIGITS = 12;

/** The embeddings that were really called, as receipts have them. */
export function usedEmbeddings(uses: readonly EmbeddingUse[], { files }: ReadyEmbeddings): AppliedAddOn[] {
  const used = new Map<string, Set<EmbeddingUse['role']>>();
  for (const { role, embeddings } of uses) {
    for (const { identity } of embeddings) used.set(identity, (used.get(identity) ?? new Set()).add(role));
  }
  return [...used].map(([identity, roles]) => {
    const { path, sha256, vectors } = files.get(identity)!;
    return {
      name: basename(path),
      kind: 'embedding',
      weight: 1,
      matchedKeys: 1,
      totalKeys: 1,
      vectors,
      usedIn: [...roles].sort().reverse(),
      ...(sha256 !== undefined && { sha256 }),
    };
  });
}

/**
 * The infotext's `TI hashes` as A1111 writes them: the negative prompt is encoded first, each part of the prompt after it, and what is
 * encoded later comes in front; a model with two text encoders names everything twice.
 * @param encoders number of text encoders.
 */
export function hashesOf(uses: readonly EmbeddingUse[], { files }: ReadyEmbeddings, encoders: number): HashedName[] {
  const inOrder = [
    ...uses.filter(({ role }) => role === 'negative prompt'),
    ...uses.filter(({ role }) => role === 'prompt'),
  ];
  return inOrder.reverse().flatMap(({ embeddings }) => {
    const hashes = embeddings.flatMap(({ name, identity }) => {
      const { sha256 } = files.get(identity)!;
      return sha256 === undefined ? [] : [{ name: name.replaceAll(/[:,]/g, ''), hash: sha256.slice(0, HASH_DIGITS) }];
    });
    return Array.from({ length: encoders }, () => hashes).flat();
  });
}

/** Advice for those that were trained on another checkpoint than the one that draws. */
export function adviceOn(
  uses: readonly EmbeddingUse[],
  { files }: ReadyEmbeddings,
  { checkpoint, oldHash }: { readonly checkpoint: string; readonly oldHash: string | undefined },
): string[] {
  const stem = basename(checkpoint, extname(checkpoint)).toLowerCase();
  return uses.flatMap(({ embeddings }) =>
    embeddings.flatMap(({ name, identity }) => {
      const { trainedOn } = files.get(identity)!;
      if (trainedOn === undefined) return [];
      const { name: base, hash } = trainedOn;
      if (base?.toLowerCase() === stem || (hash !== undefined && hash === oldHash)) return [];
      const called = [base, hash && `[${hash}]`].filter(Boolean).join(' ');
      return [`"${name}" was trained on ${called}; with another checkpoint it may do less.`];
    }),
  );
}
