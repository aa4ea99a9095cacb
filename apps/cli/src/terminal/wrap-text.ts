import { textWidth, WIDE_RANGES } from './text-width.ts';

/**
 * A text in lines of at most so many columns. Chinese is broken between any two characters, but no line begins with a mark that closes
 * or ends with one that opens; other writing is broken at blanks. A word that is wider has a line of its own.
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

/** What is not broken, with the blanks before it. */
const CHUNK = new RegExp(`\\s*[（《「【]*(?:[${WIDE_RANGES}]|[^\\s${WIDE_RANGES}]+)[，。；：、！？）》」】]*`, 'gu');

function wrapLine(line: string, columns: number): string {
  const lines = [''];
  for (const [chunk] of line.matchAll(CHUNK)) {
    const last = lines.at(-1)!;
    if (last === '' || textWidth(last + chunk) <= columns) lines[lines.length - 1] = last + chunk;
    else lines.push(chunk.trimStart());
  }
  return lines.join('\n');
}
