import { looksMisread, misreadSequences } from './mojibake-signs.ts';
import { singleByteEncodings, windows1252Character } from './single-byte-encodings.ts';
import type { SingleByteEncoding } from './single-byte-encodings.ts';

/** Replaces C1 control characters by what Windows-1252 has in their places, as web browsers do. */
export const fixControlCharacters = (text: string): string => text.replace(/[\x80-\x9f]/g, windows1252Character);

/**
 * Undoes the decoding of UTF-8 with a wrong single-byte encoding ("cafÃ©" → "café") where the text shows the signs of it, as ftfy 6.3
 * does; other text comes back as it is.
 */
export function fixEncoding(text: string): string {
  let current = text;
  for (;;) {
    const fixed = fixOneLayer(current);
    if (fixed === current) return fixed;
    current = fixed;
  }
}

function fixOneLayer(text: string): string {
  if (!looksMisread(text)) return text;
  for (const encoding of singleByteEncodings) {
    const bytes = encodeBytes(text, encoding);
    const fixed = bytes === undefined ? undefined : decodeUtf8(restoreBytes(bytes, encoding));
    if (fixed !== undefined) return fixed;
  }
  const fixedInParts = text.replace(misreadSequences, (part) =>
    part.length < text.length && looksMisread(part) ? fixEncoding(part) : part,
  );
  return fixedInParts === text ? fixControlCharacters(text) : fixedInParts;
}

/** The bytes that a text was decoded from, as characters U+0000–00FF; undefined when the encoding lacks a character. */
function encodeBytes(text: string, { bytes }: SingleByteEncoding): string | undefined {
  const encoded: string[] = [];
  for (const character of text) {
    const byte = bytes.get(character);
    if (byte === undefined) return undefined;
    encoded.push(String.fromCharCode(byte));
  }
  return encoded.join('');
}

/** UTF-8 whose byte A0, a space that does not break, was turned into a space. */
const spaceInsteadOfA0 = new RegExp(
  [
    '[\\xc2\\xc3\\xc5\\xce\\xd0\\xd9] ',
    '[\\xe2\\xe3] [\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf]',
    '[\\xe0-\\xe3][\\x80-\\x84\\x86-\\x9f\\xa1-\\xbf] ',
    '\\xf0 [\\x80-\\xbf]{2}',
    '\\xf0[\\x80-\\xbf] [\\x80-\\xbf]',
    '\\xf0[\\x80-\\xbf]{2} ',
  ].join('|'),
  'g',
);
/** The word "à", except before the endings that make it a Portuguese contraction. */
const wordA = /\xc3 (?! |quele|quela|quilo|s )/g;

/** UTF-8 with bytes that were lost on the way (1A, where U+FFFD stood, or at most one question mark). */
const lostBytes = new RegExp(
  [
    '[\\xc2-\\xdf]\\x1a',
    '[\\xc2-\\xc3][?]',
    '\\xed[\\xa0-\\xaf][\\x1a?]\\xed[\\xb0-\\xbf][\\x1a?\\x80-\\xbf]',
    '\\xed[\\xa0-\\xaf][\\x1a?\\x80-\\xbf]\\xed[\\xb0-\\xbf][\\x1a?]',
    '[\\xe0-\\xef][\\x1a?][\\x1a\\x80-\\xbf]',
    '[\\xe0-\\xef][\\x1a\\x80-\\xbf][\\x1a?]',
    '[\\xf0-\\xf4][\\x1a?][\\x1a\\x80-\\xbf]{2}',
    '[\\xf0-\\xf4][\\x1a\\x80-\\xbf][\\x1a?][\\x1a\\x80-\\xbf]',
    '[\\xf0-\\xf4][\\x1a\\x80-\\xbf]{2}[\\x1a?]',
    '\\x1a',
  ].join('|'),
  'g',
);
const replacementInUtf8 = '\xef\xbf\xbd';

function restoreBytes(bytes: string, { name, isSloppy }: SingleByteEncoding): string {
  // In Mac Roman these bytes are an en dash and a space.
  const mayRestoreA0 = name !== 'macroman' && bytes.search(spaceInsteadOfA0) >= 0;
  const restored = mayRestoreA0
    ? bytes.replace(wordA, '\xc3\xa0 ').replace(spaceInsteadOfA0, (match) => match.replaceAll(' ', '\xa0'))
    : bytes;
  return isSloppy ? restored.replace(lostBytes, replacementInUtf8) : restored;
}

/** What strict UTF-8 has no place for but other programs write: C0 80 for U+0000, and surrogate pairs of three bytes each. */
const utf8Variant = /(\xc0\x80|\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf])/;

/** Decodes UTF-8 from characters U+0000–00FF; undefined when it is invalid. */
function decodeUtf8(bytes: string): string | undefined {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  try {
    const pieces = bytes.split(utf8Variant).map((piece, i) => {
      const values = Uint8Array.from(piece, (character) => character.charCodeAt(0));
      return i % 2 === 1 ? decodeVariant(values) : decoder.decode(values);
    });
    return pieces.join('');
  } catch {
    return undefined;
  }
}

function decodeVariant([first = 0, second = 0, third = 0, , fifth = 0, sixth = 0]: Uint8Array): string {
  if (first === 0xc0) return '\0';
  const offset = ((second & 0x0f) << 16) | ((third & 0x3f) << 10) | ((fifth & 0x0f) << 6) | (sixth & 0x3f);
  return String.fromCodePoint(0x1_0000 + offset);
}
