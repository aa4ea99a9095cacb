import { encodeUtf8 } from './bytes.ts';
import { NAME_PATTERNS, SKIP, trimBehind } from './file-name-patterns.ts';
import type { NamingContext } from './file-name-patterns.ts';

/** How pictures of a folder are named. */
export interface NamingRules {
  /** Pattern of the name, without number and extension. */
  readonly filePattern: string;
  /** Pattern of the folders below the root; empty for none. */
  readonly folderPattern: string;
  /** Puts a running number in front. */
  readonly addNumber: boolean;
}

/** A1111's defaults: a folder for each day, `00000-1234567890` in it. */
export const DEFAULT_NAMING: NamingRules = { filePattern: '[seed]', folderPattern: '[date]', addNumber: true };

/** Bytes that a system allows in a name, less room for the extension and a number behind. */
const MAX_NAME_BYTES = 240;

/** Fills a pattern such as `[seed]-[prompt_words]`; a name in brackets that is not known stays as it is. */
export function fillPattern(pattern: string, context: NamingContext): string {
  let filled = '';
  let at = 0;
  for (const match of pattern.matchAll(/\[([^[\]]+)\]/g)) {
    const before = pattern.slice(at, match.index);
    at = match.index + match[0].length;
    const { name, args } = splitArguments(match[1]!);
    const key = name.toLowerCase();
    const value = Object.hasOwn(NAME_PATTERNS, key) ? NAME_PATTERNS[key]!(context, ...args) : undefined;
    if (value !== SKIP) filled += before + (value ?? `[${name}]`);
  }
  return filled + pattern.slice(at);
}

/** Folders below the root for a picture, outermost first; never above the root. */
export const pictureFolders = (rules: NamingRules, context: NamingContext): string[] =>
  fillPattern(rules.folderPattern, context)
    .split(/[\\/]/)
    .map((part) => trimBehind(part.trim()))
    .filter((part) => part !== '')
    .map((part) => safeName(part));

/**
 * Name of a picture without extension.
 * @param number the running number, used where the rules ask for it or nothing else is left.
 * @param suffix comes last and is never cut: `-before-highres-fix`.
 */
export function pictureName(rules: NamingRules, context: NamingContext, number: number, suffix = ''): string {
  const decoration = fillPattern(rules.filePattern, context);
  const basename = context.basename ?? '';
  const parts = [decoration];
  if (rules.addNumber || decoration === '') {
    const digits = basename === '' ? String(number).padStart(5, '0') : `${basename}-${String(number).padStart(4, '0')}`;
    parts.unshift(digits);
  }
  return safeName(parts.filter((part) => part !== '').join('-'), suffix);
}

/** The number after the highest one with which a file of the folder begins (behind `basename-`, if there is one). */
export function nextSequenceNumber(fileNames: readonly string[], basename = ''): number {
  const start = basename === '' ? '' : `${basename}-`;
  let highest = -1;
  for (const name of fileNames) {
    if (!name.startsWith(start)) continue;
    const first = name
      .slice(start.length)
      .replace(/(?!^)\.[^.]*$/, '')
      .split('-')[0]!;
    if (/^\d{1,15}$/.test(first)) highest = Math.max(highest, Number(first));
  }
  return highest + 1;
}

/** The text file beside a picture, as A1111 writes it. */
export const sidecarText = (infotext: string): string => `${infotext}\n`;

/** `datetime<%Y><Asia/Tokyo>`: a name and its arguments. */
function splitArguments(text: string): { name: string; args: string[] } {
  const args: string[] = [];
  let name = text;
  for (let match = /^(.*)<([^>]*)>$/s.exec(name); match; match = /^(.*)<([^>]*)>$/s.exec(name)) {
    args.unshift(match[2]!);
    name = match[1]!;
  }
  return { name, args };
}

const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i;

/** One name that every system accepts: no forbidden characters, not too long, none of the names of Windows devices. */
function safeName(name: string, suffix = ''): string {
  const allowed = name.replace(/[<>:"/\\|?*\u0000-\u001f\u007f]/g, '_');
  const room = MAX_NAME_BYTES - encodeUtf8(suffix).length;
  const cut = trimBehind(cutBytes(allowed, room)) || '_';
  return cut.replace(RESERVED, (device) => `${device}_`) + suffix;
}

function cutBytes(text: string, maxBytes: number): string {
  let [bytes, end] = [0, 0];
  for (const character of text) {
    bytes += encodeUtf8(character).length;
    if (bytes > maxBytes) return text.slice(0, end);
    end += character.length;
  }
  return text;
}
