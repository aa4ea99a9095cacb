import { DanqingError } from '../errors.ts';
import { asObject, getField } from './json.ts';
import type { JsonObject } from './json.ts';

/** Refuses a value that has not the form of its field. @throws bad-file, naming the field. */
export type Check = (value: unknown, field: string) => void;

export const text: Check = (value, field) => {
  if (typeof value !== 'string') throw badField(field, 'text', value);
};

export const number: Check = (value, field) => {
  if (typeof value !== 'number') throw badField(field, 'a number', value);
};

export const truth: Check = (value, field) => {
  if (typeof value !== 'boolean') throw badField(field, 'true or false', value);
};

/** A SHA-256. */
export const hash: Check = (value, field) => {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw badField(field, '64 hexadecimal digits', value);
};

export const oneOf =
  (...values: readonly unknown[]): Check =>
  (value, field) => {
    if (!values.includes(value)) throw badField(field, `one of ${values.join(', ')}`, value);
  };

/** A field that may be absent. */
export const optionalIn =
  (check: Check): Check =>
  (value, field) => {
    if (value !== undefined) check(value, field);
  };

export const listOf =
  (check: Check): Check =>
  (value, field) => {
    if (!Array.isArray(value)) throw badField(field, 'a list', value);
    value.forEach((item, i) => check(item, `${field}[${i}]`));
  };

/** An object with these fields; others may be there too. */
export const object =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, field) => {
    const found = asObject(value);
    if (!found) throw badField(field, 'an object', value);
    checkFields(found, checks, field);
  };

export function checkFields(data: JsonObject, checks: Readonly<Record<string, Check>>, where: string): void {
  for (const [name, check] of Object.entries(checks)) check(getField(data, name), `${where} › ${name}`);
}

export function badField(where: string, expected: string, value: unknown): DanqingError {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : `a ${typeof value}`;
  const found = value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : shown;
  return new DanqingError('bad-file', { where, expected, found });
}
