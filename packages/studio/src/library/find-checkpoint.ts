import { basename, extname } from 'node:path';
import { SHA256_OF_NOTHING } from '@danqing/node/hashing/model-hashes';
import { isSafeContainer } from './is-safe-container.ts';
import type { KnownHashes } from './library-model.ts';

/** What a checkpoint can be called by. */
export interface NamedCheckpoint {
  readonly path: string;
  /** Path from the folder of checkpoints. */
  readonly name: string;
  readonly hashes: KnownHashes;
}

/**
 * The checkpoint that A1111 takes for a text: by old hash, short hash, SHA-256, name, stem or title; else the one with the shortest title
 * of those whose title contains it, with or without what stands in brackets at its end. Beyond A1111, letter case, Civitai's other
 * hashes and a path are understood too.
 */
export function findCheckpoint<T extends NamedCheckpoint>(text: string, checkpoints: readonly T[]): T | undefined {
  const wanted = text.trim();
  if (wanted === '') return undefined;
  // Of two files that only differ in their ending, the one that cannot hold code comes first (FMT-03).
  const all = [...checkpoints].sort((a, b) => Number(!isSafeContainer(a.path)) - Number(!isSafeContainer(b.path)));
  const fold = (name: string): string => name.toLowerCase().replaceAll('\\', '/');
  const called = (same: (call: string) => boolean): T | undefined => all.find((one) => callsOf(one).some(same));
  const containing = (part: string): T | undefined =>
    all.filter((one) => fold(titleOf(one)).includes(fold(part))).sort((a, b) => lengthOf(a) - lengthOf(b))[0];
  const withoutHash = wanted.replace(/\s*\[[^\]]+\]\s*$/, '');
  return (
    called((call) => call === wanted) ??
    called((call) => fold(call) === fold(wanted)) ??
    containing(wanted) ??
    (withoutHash === '' ? undefined : containing(withoutHash))
  );
}

function callsOf(checkpoint: NamedCheckpoint): string[] {
  const { path, name, hashes } = checkpoint;
  const stem = basename(name, extname(name));
  const { old, autoV2, sha256, autoV3, blake3, crc32 } = hashes;
  // Every file below 1 MiB has the old hash of nothing.
  const oldHash = old === undefined || SHA256_OF_NOTHING.startsWith(old) ? undefined : old;
  const short = [oldHash, autoV2].filter((hash) => hash !== undefined);
  const others = [sha256, autoV3, blake3, crc32].filter((hash) => hash !== undefined);
  const bracketed = short.flatMap((hash) => [`${name} [${hash}]`, `${basename(name)} [${hash}]`, `${stem} [${hash}]`]);
  return [path, name, basename(name), name.slice(0, -extname(name).length), stem, ...short, ...others, ...bracketed];
}

const titleOf = ({ name, hashes: { autoV2 } }: NamedCheckpoint): string =>
  autoV2 === undefined ? name : `${name} [${autoV2}]`;

/** Of its title; the ending does not count, so that it does not choose between two files of one name. */
const lengthOf = (one: NamedCheckpoint): number => titleOf(one).length - extname(one.name).length;
