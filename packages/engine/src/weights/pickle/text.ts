import { Mismatch, PickledBytes } from './values.ts';

// Names are compared and shown, never run: a broken character becomes U+FFFD instead of an error, so that a scan sees on.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const utf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** One character for each byte. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  const step = 8192;
  for (let at = 0; at < bytes.length; at += step) text += String.fromCharCode(...bytes.subarray(at, at + step));
  return text;
}

/** Digits that Python itself accepts in one integer. */
const DIGITS_LIMIT = 4300;

/** A decimal integer as number, or as bigint beyond 2^53. */
export function parseInteger(text: string): number | bigint {
  if (text.length > DIGITS_LIMIT || !/^\s*[+-]?\d+\s*$/.test(text)) throw new Mismatch('an integer', text);
  return exact(BigInt(text.trim().replace(/^\+/, '')));
}

/** A little-endian two's complement integer as number, or as bigint beyond 2^53. */
export function longToInteger(bytes: Uint8Array): number | bigint {
  if (bytes.length === 0) return 0;
  let hex = '';
  for (const byte of bytes) hex = byte.toString(16).padStart(2, '0') + hex;
  return exact(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function exact(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

/** Undoes Python's raw-unicode-escape: only \uXXXX and \UXXXXXXXX are escapes. */
export function rawUnicodeEscape(text: string): string {
  return text.replace(
    /\\u([0-9a-fA-F]{4})|\\U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})/g,
    (_, four?: string, eight?: string) => String.fromCodePoint(Number.parseInt((four ?? eight)!, 16)),
  );
}

const ESCAPES: Readonly<Record<string, number>> = {
  '\\': 0x5c,
  "'": 0x27,
  '"': 0x22,
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};

/** Undoes the repr of a Python 2 `str`, quotes included. */
export function stringEscape(quoted: string): PickledBytes {
  const text = quoted.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) {
    throw new Mismatch('a text in quotes', quoted);
  }
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length - 1; at++) {
    if (text[at] !== '\\') {
      bytes[length++] = text.charCodeAt(at);
      continue;
    }
    const [escape, hex, octal] = /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|[^])/y.exec(text.slice(at, at + 4))!;
    if (hex !== undefined) bytes[length++] = Number.parseInt(hex, 16);
    else if (octal !== undefined) bytes[length++] = Number.parseInt(octal, 8);
    else {
      const code = ESCAPES[escape[1]!];
      // An unknown escape stays as it is, backslash included.
      if (code === undefined) bytes[length++] = 0x5c;
      bytes[length++] = code ?? escape.charCodeAt(1);
    }
    at += escape.length - 1;
  }
  return PickledBytes.here(bytes.slice(0, length));
}
