import { whitespace } from '../character-classes.ts';
import { clipWords, endId, startId } from './clip-words.ts';
import { fixText } from './fix-text.ts';
import { unescapeHtmlLoosely } from './html-entities.ts';
import type { Tokenizer } from './tokenizer.ts';

const startToken = '<start_of_text>';
const endToken = '<end_of_text>';

/** As in CLIP's own tokenizer (see clip.ts), with other special tokens. */
const words = /<[sſ]tart_of_text>|<end_of_text>|'[sſ]|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}\u0345]+/gu;
const whitespaceRun = new RegExp(`${whitespace}+`, 'gu');

/** What fills a chunk: OpenCLIP's encoders were trained on zeros behind the end. */
const PAD_ID = 0;

/**
 * Makes the tokenizer of OpenCLIP, which A1111 runs for the text encoders of SD 2.x and for SDXL's second one: the ids of
 * CLIP, but HTML is decoded twice more, the special tokens are others, and the padding is the id 0 (open_clip, MIT).
 */
export function createOpenClipTokenizer(): Tokenizer {
  const { encode: encodeText, commaId } = clipWords();
  const encodeWord = (word: string): number[] => {
    if (word === startToken) return [startId];
    if (word === endToken) return [endId];
    return encodeText(word);
  };
  const encode = (text: string): number[] => {
    const decoded = unescapeHtmlLoosely(unescapeHtmlLoosely(fixText(text)));
    const cleaned = decoded.replace(whitespaceRun, ' ').toLowerCase();
    return Array.from(cleaned.matchAll(words)).flatMap(([word]) => encodeWord(word));
  };
  return { encode, startId, endId, padId: PAD_ID, commaId };
}
