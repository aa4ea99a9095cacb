import { clipMerges } from './clip-merges.ts';
import { mergeBytePairs, pairKey } from './merge-byte-pairs.ts';
import type { PairRanks } from './merge-byte-pairs.ts';

/** Ids of CLIP's vocabulary that stand for no text. */
export const startId = 49406;
export const endId = 49407;

/** The ids: one for each byte, one for each byte at the end of a word, one for each merge, start and end. */
const byteCount = 256;
const firstMergeId = 2 * byteCount;

/** CLIP's byte-pair encoding of single words (49,408 ids). */
export interface ClipWords {
  /** The ids of a word: text without white space that a tokenizer has cut out. */
  encode(word: string): number[];
  /** The id of a comma that stands alone. */
  readonly commaId: number;
}

let made: ClipWords | undefined;

/** Takes a tenth of a second to make and never changes: there is one. */
export const clipWords = (): ClipWords => (made ??= createClipWords());

function createClipWords(): ClipWords {
  const byteIds = numberBytes();
  const ranks = rankPairs(byteIds);
  return {
    encode(word) {
      const ids = Array.from(new TextEncoder().encode(word), (byte) => byteIds[byte] ?? 0);
      ids.push((ids.pop() ?? 0) + byteCount);
      return mergeBytePairs(ids, ranks, firstMergeId);
    },
    commaId: (byteIds[','.charCodeAt(0)] ?? 0) + byteCount,
  };
}

/** Bytes with a glyph of their own in Latin-1 (! to ~, ¡ to ¬, ® to ÿ) are numbered before all others. */
const hasGlyph = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

function numberBytes(): Uint8Array {
  const bytes = Array.from({ length: byteCount }, (_, byte) => byte);
  const order = [...bytes.filter(hasGlyph), ...bytes.filter((byte) => !hasGlyph(byte))];
  const ids = new Uint8Array(byteCount);
  order.forEach((byte, id) => {
    ids[byte] = id;
  });
  return ids;
}

function rankPairs(byteIds: Uint8Array): PairRanks {
  const ids = new Map<string, number>();
  // In the list of merges, a byte without a glyph is written as a letter from U+0100 on.
  let spareLetter = 0x100;
  byteIds.forEach((id, byte) => {
    const letter = String.fromCharCode(hasGlyph(byte) ? byte : spareLetter++);
    ids.set(letter, id);
    ids.set(`${letter}</w>`, id + byteCount);
  });
  const ranks = new Map<number, number>();
  clipMerges.split('\n').forEach((line, rank) => {
    const [first = '', second = ''] = line.split(' ');
    ranks.set(pairKey(ids.get(first) ?? 0, ids.get(second) ?? 0), rank);
    ids.set(first + second, firstMergeId + rank);
  });
  return ranks;
}
