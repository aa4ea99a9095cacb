import { trim, trimEnd, wholeWord } from '../character-classes.ts';
import { parseDecimal } from './decimal.ts';

/** One prompt of a composition and the weight of its pull. */
export interface CompositionPart {
  readonly text: string;
  readonly weight: number;
}

const andWord = wholeWord('AND');

/**
 * Splits a prompt at the whole word AND, in capitals, wherever it stands; each part may end with `: weight` (1 when absent). White
 * space at the start of a part stays, as in A1111. OR and lower-case words are plain text. Never throws; always at least one part.
 */
export function splitComposition(text: string): CompositionPart[] {
  return text.split(andWord).map((part) => {
    const colon = part.lastIndexOf(':');
    const weight = colon < 0 ? undefined : parseDecimal(trim(part.slice(colon + 1)));
    return { text: trimEnd(weight === undefined ? part : part.slice(0, colon)), weight: weight ?? 1 };
  });
}
