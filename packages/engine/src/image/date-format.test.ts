import { expect, it } from 'vitest';
import { formatDate } from './date-format.ts';

const moment = new Date('2024-02-29T23:05:09.007Z');

// Expected values from Python: datetime(...).strftime(code).
it.each([
  ['%Y-%m-%d', '2024-02-29'],
  ['%y %B %b %A %a', '24 February Feb Thursday Thu'],
  ['%H:%M:%S %f', '23:05:09 007000'],
  ['%I %p %j %U %W %w %%', '11 PM 060 08 09 4 %'],
  ['no codes', 'no codes'],
])('formats %s', (format, text) => {
  expect(formatDate(moment, format, 'UTC')).toBe(text);
});

it('counts weeks as Python does', () => {
  expect(formatDate(new Date('2023-01-01T12:00:00Z'), '%U %W %w %j', 'UTC')).toBe('01 00 0 001');
  expect(formatDate(new Date('2024-12-31T12:00:00Z'), '%U %W %w %j', 'UTC')).toBe('52 53 2 366');
  expect(formatDate(new Date('2024-01-01T00:30:00Z'), '%I %p', 'UTC')).toBe('12 AM');
});

it('tells the time of another place', () => {
  expect(formatDate(moment, '%Y-%m-%d %H:%M', 'Asia/Tokyo')).toBe('2024-03-01 08:05');
  expect(formatDate(moment, '%d %H', 'America/New_York')).toBe('29 18');
});

it('knows what it does not know', () => {
  expect(formatDate(moment, '%Q', 'UTC')).toBeUndefined();
  expect(formatDate(moment, '%Y', 'Nowhere/Else')).toBeUndefined();
});
