import { isPythonSpace, isPythonWord } from './python-text.ts';

/** A key and its value as they stand in the last line of an infotext, the value already unquoted. */
export type Pair = readonly [key: string, value: string];

/** One pair as text; a value that a reader would otherwise cut or change is written as a JSON string. */
export const printPair = ([key, value]: Pair): string =>
  `${key}: ${needsQuotes(value) ? JSON.stringify(value) : value}`;

/**
 * Finds the pairs of a line, in the order of the line. Finds what A1111's pattern
 * `\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)` finds, in time proportional to the length of the line.
 */
export function findPairs(line: string): Pair[] {
  const pairs: Pair[] = [];
  let from = 0;
  for (;;) {
    const colon = line.indexOf(':', from);
    if (colon < 0) return pairs;
    const key = keyBefore(line, from, colon);
    if (key === undefined) {
      from = colon + 1;
      continue;
    }
    let start = colon + 1;
    while (start < line.length && isPythonSpace(line[start]!)) start++;
    const quoted = quotedEnd(line, start);
    const end = quoted ?? commaFrom(line, start);
    pairs.push([key, unquote(line.slice(start, end))]);
    from = end + 1;
  }
}

/** A1111 quotes for comma, newline and colon; the other cases are ones that its own reader would change. */
const needsQuotes = (value: string): boolean =>
  /[,\n:]/.test(value) ||
  value.startsWith('"') ||
  (value !== '' && (isPythonSpace(value[0]!) || isPythonSpace(value.at(-1)!)));

/** The longest key that ends before a colon: a word character and at least one more of word, space, `-`, `/`. */
function keyBefore(line: string, from: number, colon: number): string | undefined {
  let start: number | undefined;
  let at = colon;
  while (at > from) {
    // A code point beyond the basic plane is two units; step over both.
    const low = line.charCodeAt(at - 1);
    const width = low >= 0xdc00 && low <= 0xdfff && at - 2 >= from ? 2 : 1;
    const character = line.slice(at - width, at);
    if (isPythonWord(character)) start = at - width;
    else if (character !== ' ' && character !== '-' && character !== '/') break;
    at -= width;
  }
  if (start === undefined) return undefined;
  const key = line.slice(start, colon);
  return key.length > (key.codePointAt(0)! > 0xffff ? 2 : 1) ? key : undefined;
}

/** Where a quoted value ends, if there is one that a comma or the end of the line follows. */
function quotedEnd(line: string, start: number): number | undefined {
  if (line[start] !== '"') return undefined;
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') {
      const end = at + 1;
      return at > start + 1 && (end === line.length || line[end] === ',') ? end : undefined;
    }
  }
  return undefined;
}

function commaFrom(line: string, start: number): number {
  const comma = line.indexOf(',', start);
  return comma < 0 ? line.length : comma;
}

function unquote(text: string): string {
  if (!text.startsWith('"') || !text.endsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : text;
  } catch {
    return text;
  }
}
