import { whitespace } from '../character-classes.ts';
import { clipMerges } from './clip-merges.ts';
import { fixText } from './fix-text.ts';
import { mergeBytePairs, pairKey } from './merge-byte-pairs.ts';
import type { PairRanks } from './merge-byte-pairs.ts';
import type { Tokenizer } from './tokenizer.ts';

const startToken = '<|startoftext|>';
const endToken = '<|endoftext|>';
const startId = 49406;
const endId = 49407;

/** The ids: one for each byte, one for each byte at the end of a word, one for each merge, start and end. */
const byteCount = 256;
const firstMergeId = 2 * byteCount;

const specialTokens = /(<\|startoftext\|>|<\|endoftext\|>)/;
/**
 * The original ignores case here, though the text is in lower case already. Of that, two things remain: the long s stands for an s, and
 * the iota below (U+0345), a mark that is a letter in upper case, fits nowhere and is lost.
 */
const words = /<\|[sſ]tartoftext\|>|<\|endoftext\|>|'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+/gu;
const whitespaceRun = new RegExp(`${whitespace}+`, 'gu');

/**
 * Makes the tokenizer of CLIP (byte-pair encoding, 49,408 ids). It equals transformers' CLIPTokenizer with ftfy installed, which is
 * what A1111 runs for CLIP-L: text is repaired (`fixText`), white space collapsed, letters lowered, and nothing is cut off. The text
 * encoders of SD 2.x and CLIP-G pad with the id 0.
 */
export function createClipTokenizer(padId: number = endId): Tokenizer {
  const byteIds = numberBytes();
  const ranks = rankPairs(byteIds);

  const encodeWord = (word: string): number[] => {
    if (word === startToken) return [startId];
    if (word === endToken) return [endId];
    const ids = Array.from(new TextEncoder().encode(word), (byte) => byteIds[byte] ?? 0);
    ids.push((ids.pop() ?? 0) + byteCount);
    return mergeBytePairs(ids, ranks, firstMergeId);
  };
  const encode = (text: string): number[] =>
    text.split(specialTokens).flatMap((piece) => {
      if (piece === startToken || piece === endToken) return encodeWord(piece);
      const cleaned = fixText(piece).replace(whitespaceRun, ' ').toLowerCase();
      return Array.from(cleaned.matchAll(words)).flatMap(([word]) => encodeWord(word));
    });
  const commaId = (byteIds[','.charCodeAt(0)] ?? 0) + byteCount;
  return { encode, startId, endId, padId, commaId };
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
