import { expect, it } from 'vitest';
import { printColumns, printTable } from './print-table.ts';
import { cutText, padText, textWidth } from './text-width.ts';

it('counts the columns of wide characters, marks and colours', () => {
  expect(textWidth('fox')).toBe(3);
  expect(textWidth('丹青，')).toBe(6);
  expect(textWidth('e\u0301\u001b[31m🦊\u001b[0m')).toBe(3);
  expect(padText('丹青', 6)).toBe('丹青  ');
  expect(padText('too long', 3)).toBe('too long');
  expect(cutText('丹青 fox', 4)).toBe('丹青');
  expect(cutText('丹青 fox', 3)).toBe('丹');
});

it('prints columns as wide as they need, the further lines of a last cell below its first', () => {
  expect(
    printTable(
      ['名', 'b'],
      [
        ['longer', '1'],
        ['x', 'two\nlines'],
      ],
    ),
  ).toBe('名      b\nlonger  1\nx       two\n        lines');
  expect(printColumns([])).toBe('');
});
