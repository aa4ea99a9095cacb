/**
 * What the field's prompts mean by white space, word and digit, as sources for regular expressions with the `u` flag.
 * Prompts are defined by programs that match with Python's `re`, whose classes differ from JavaScript's: `\s` has U+001C–001F and
 * U+0085 but not U+FEFF, and `\w`, `\b` and `\d` reach beyond ASCII.
 */
export const whitespace = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;

/** A letter, number or underscore of any script, as a regular-expression source. */
export const wordCharacter = String.raw`[\p{L}\p{N}_]`;

/** A decimal digit of any script, as a regular-expression source. */
export const digit = String.raw`\p{Nd}`;

/** A pattern for a whole word in capitals such as AND or BREAK, wherever it stands. */
export const wholeWord = (word: string): RegExp => new RegExp(`(?<!${wordCharacter})${word}(?!${wordCharacter})`, 'gu');

const isWhitespace = new RegExp(`^${whitespace}$`, 'u');

/** The text without white space at its start. */
export function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isWhitespace.test(text.charAt(start))) start++;
  return text.slice(start);
}

/** The text without white space at its end. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isWhitespace.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** The text without white space at either end. */
export const trim = (text: string): string => trimStart(trimEnd(text));
