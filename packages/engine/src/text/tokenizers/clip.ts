import { whitespace } from '../character-classes.ts';
import { clipWords, endId, startId } from './clip-words.ts';
import { fixText } from './fix-text.ts';
import type { Tokenizer } from './tokenizer.ts';

const startToken = '<|startoftext|>';
const endToken = '<|endoftext|>';

const specialTokens = /(<\|startoftext\|>|<\|endoftext\|>)/;
/**
 * The original ignores case here, though the text is in lower case already. Of that, two things remain: the long s stands for an s, and
 * the iota below (U+0345), a mark that is a letter in upper case, fits nowhere and is lost.
 */
const words = /<\|[sſ]tartoftext\|>|<\|endoftext\|>|'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+/gu;
const whitespaceRun = new RegExp(`${whitespace}+`, 'gu');

/**
 * Makes the tokenizer of CLIP-L. It equals transformers' CLIPTokenizer with ftfy installed, which is what A1111 runs there:
 * text is repaired (`fixText`), white space collapsed, letters lowered, and nothing is cut off.
 */
export function createClipTokenizer(): Tokenizer {
  const { encode: encodeText, commaId } = clipWords();
  const encodeWord = (word: string): number[] => {
    if (word === startToken) return [startId];
    if (word === endToken) return [endId];
    return encodeText(word);
  };
  const encode = (text: string): number[] =>
    text.split(specialTokens).flatMap((piece) => {
      if (piece === startToken || piece === endToken) return encodeWord(piece);
      const cleaned = fixText(piece).replace(whitespaceRun, ' ').toLowerCase();
      return Array.from(cleaned.matchAll(words)).flatMap(([word]) => encodeWord(word));
    });
  return { encode, startId, endId, padId: endId, commaId };
}
