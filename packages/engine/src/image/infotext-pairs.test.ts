import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findPairs, printPair } from './infotext-pairs.ts';
import { isPythonSpace, printPython, stripPython } from './python-text.ts';

interface Fixture {
  readonly pairs: [string, [string, string][]][];
  readonly quoted: [string, string][];
  readonly numbers: [number, string][];
  readonly space: number[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../../../tests/fixtures/image/infotext.json', import.meta.url), 'utf8'),
) as Fixture;

test('finds what the published pattern finds', () => {
  for (const [line, pairs] of fixture.pairs) expect(findPairs(line), line).toEqual(pairs);
});

test.each(fixture.quoted)('quotes %j as Python does', (value, quoted) => {
  expect(printPair(['Key', value])).toBe(`Key: ${quoted}`);
});

test.each(fixture.numbers)('prints %d as Python does', (number, text) => {
  // A whole number is printed as one: the page of A1111 sends 7, not 7.0.
  expect(printPython(number)).toBe(Number.isInteger(number) && number < 1e16 ? String(BigInt(number)) : text);
});

test('takes the same characters for white space as Python', () => {
  const found = Array.from({ length: 0x3100 }, (_, code) => code).filter((code) =>
    isPythonSpace(String.fromCharCode(code)),
  );
  expect(found).toEqual(fixture.space);
  expect(stripPython('\x1c\u3000 a b\x85\n')).toBe('a b');
});

test('quotes what a reader would otherwise change', () => {
  for (const value of ['"quoted"', ' leading', 'trailing ', 'a, b: c\n"d" \\']) {
    expect(findPairs(printPair(['Key', value]))).toEqual([['Key', value]]);
  }
});

test('takes time in proportion to the length of the line', () => {
  for (const piece of ['a', 'a ', 'a:', '"', 'ab:"', 'ab: "\\"', 'ab:', ',', ':', ' ']) {
    const line = piece.repeat(Math.ceil(1_000_000 / piece.length));
    expect(findPairs(line).length).toBeLessThanOrEqual(line.length);
  }
}, 5_000);
