/** Characters that take two columns, as a regular expression's ranges: Chinese, Japanese and Korean writing, full-width forms, emoji. */
export const WIDE_RANGES = String.raw`\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}`;

const WIDE = new RegExp(`[${WIDE_RANGES}]`, 'u');

/** Characters that take none: joiners, marks on the character before, colour codes. */
const EMPTY = /\u001b\[[\d;]*m|\p{M}|\p{Cf}/gu;

/** Columns that a text takes on a terminal. */
export const textWidth = (text: string): number =>
  [...text.replace(EMPTY, '')].reduce((width, character) => width + (WIDE.test(character) ? 2 : 1), 0);

/** A text with blanks behind it to fill so many columns. */
export const padText = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - textWidth(text)));

/** As much of a text as so many columns hold. */
export function cutText(text: string, columns: number): string {
  let width = 0;
  let cut = '';
  for (const character of text) {
    width += textWidth(character);
    if (width > columns) return cut;
    cut += character;
  }
  return cut;
}
