import { DanqingError } from '../errors.ts';

// What foreign programs write as JSON is untrusted and often not quite JSON.

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object as Python writes it: NaN and Infinity become null, whole numbers beyond the exact range of a number
 * become strings of digits, so that no seed is rounded.
 * @throws bad-file when the text is not a JSON object.
 */
export function parseJsonObject(text: string, where: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(repairNumbers(text));
  } catch (error) {
    throw new DanqingError('bad-file', { where, expected: 'JSON', found: (error as Error).message });
  }
  const object = asObject(value);
  if (object) return object;
  throw new DanqingError('bad-file', { where, expected: 'a JSON object', found: describe(value) });
}

/** The object, if the value is one. */
export const asObject = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** The list, if the value is one, otherwise an empty one. */
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The first of the fields that is there and not null. */
export function getField(object: JsonObject | undefined, ...names: readonly string[]): unknown {
  for (const name of names) {
    if (object && Object.hasOwn(object, name) && object[name] !== null) return object[name];
  }
  return undefined;
}

/** The first of the fields that is there, if it is text. */
export function getText(object: JsonObject | undefined, ...names: readonly string[]): string | undefined {
  const value = getField(object, ...names);
  return typeof value === 'string' ? value : undefined;
}

/** The first of the fields that is there, if it is a number or text that spells one. */
export const getNumber = (object: JsonObject | undefined, ...names: readonly string[]): number | undefined =>
  toNumber(getField(object, ...names));

/** The first of the fields that is there, if it is a whole number of at most 64 bits. */
export const getSeed = (object: JsonObject | undefined, ...names: readonly string[]): bigint | undefined =>
  toSeed(getField(object, ...names));

export function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

export function toSeed(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  if (typeof value !== 'string' || !/^\s*\d{1,20}\s*$/.test(value)) return undefined;
  const seed = BigInt(value.trim());
  return seed < 2n ** 64n ? seed : undefined;
}

/** A value as one line of text: text as it is, anything else as JSON. */
export function printValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return 'a value nested too deeply to show';
  }
}

/** The fields of an object that were not used, as pairs of text. */
export const restOf = (object: JsonObject, used: readonly string[]): [string, string][] =>
  Object.entries(object)
    .filter(([key, value]) => !used.includes(key) && value !== null)
    .map(([key, value]) => [key, printValue(value)]);

const NUMBER = /-?(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity|NaN)/y;

/** One pass over the text, strings stepped over: replaces the numbers that JSON has not or that would be rounded. */
function repairNumbers(text: string): string {
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (/[-\dIN]/.test(character)) {
      NUMBER.lastIndex = at;
      const token = NUMBER.exec(text)?.[0];
      if (token === undefined) continue;
      const repaired = /[IN]/.test(token) ? 'null' : /^-?\d{16,}$/.test(token) ? `"${token}"` : token;
      parts.push(text.slice(copied, at), repaired);
      at += token.length - 1;
      copied = at + 1;
    }
  }
  return parts.join('') + text.slice(copied);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
