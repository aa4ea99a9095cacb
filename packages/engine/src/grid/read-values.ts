import { DanqingError } from '../errors.ts';

/**
 * The values of an axis as A1111's grid takes them: comma-separated, spaces around them dropped; in double quotes a value may
 * hold commas and semicolons, and `""` stands for a quote.
 */
export const splitValues = (text: string): string[] => splitOutsideQuotes(text, /[,\n]/).map(unquote);

/** Cuts a text at every match of one character that is not in double quotes. */
export function splitOutsideQuotes(text: string, separator: RegExp): string[] {
  const parts = [''];
  let isQuoted = false;
  for (const character of text) {
    // A quote opens only where a value begins, or after the one that it is doubled with: 7" is no open quote.
    if (character === '"' && (isQuoted || /(?:^|[=,;\n"])\s*$/.test(parts.at(-1)!))) isQuoted = !isQuoted;
    if (!isQuoted && separator.test(character)) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function unquote(part: string): string {
  const value = part.trim();
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1).replaceAll('""', '"')
    : value;
}

const NUMBER = String.raw`[+-]?\s*\d+(?:\.\d*)?|[+-]?\s*\.\d+`;
const RANGE = new RegExp(String.raw`^(${NUMBER})\s*-\s*(${NUMBER})(?:\s*\(\s*(${NUMBER})\s*\)|\s*\[\s*(\d+)\s*\])?$`);

/** Longer ranges are a mistake. */
const MOST_VALUES = 10_000;

/**
 * Numbers of an axis: single ones, and ranges in A1111's writing: `1-5`, `1-10 (+2)` with a step, `1-10 [5]` with how many. Both ends
 * belong to a range, and nothing beyond them (where A1111 stops two short when going down, and goes beyond the end by a part of
 * a step in fractions).
 * @param isWhole evenly spread values are cut to whole numbers, as there.
 * @throws bad-value for what is no number, or a step that leads nowhere.
 */
export function readNumbers(values: readonly string[], isWhole: boolean, where: string): number[] {
  return values.filter((value) => value !== '').flatMap((value) => readNumberOrRange(value, isWhole, where));
}

function readNumberOrRange(text: string, isWhole: boolean, where: string): number[] {
  const wrong = (expected: string): DanqingError =>
    new DanqingError('bad-value', { where, expected, found: `"${text}"` });
  const range = RANGE.exec(text);
  const single = toNumber(text);
  const numbers =
    range === null
      ? [single]
      : spread(toNumber(range[1]!), toNumber(range[2]!), range[3] && toNumber(range[3]), range[4], wrong);
  const cut = range?.[4] !== undefined && isWhole ? numbers.map(Math.trunc) : numbers;
  if (cut.every((number) => (isWhole ? Number.isInteger(number) : Number.isFinite(number)))) return cut;
  throw wrong(
    isWhole ? 'whole numbers, or a range of them such as 1-10 (+2)' : 'numbers, or a range such as 0-1 (+0.25)',
  );
}

function spread(
  from: number,
  to: number,
  step: number | '' | undefined,
  count: string | undefined,
  wrong: (expected: string) => DanqingError,
): number[] {
  if (count !== undefined) {
    const many = Number(count);
    if (many > MOST_VALUES) throw wrong(`at most ${MOST_VALUES} values`);
    return Array.from({ length: many }, (_, i) => rounded(many === 1 ? from : from + ((to - from) * i) / (many - 1)));
  }
  const by = step === undefined || step === '' ? 1 : step;
  const many = Math.floor((to - from) / by + 1e-9) + 1;
  if (!(many >= 1 && many <= MOST_VALUES)) throw wrong('a step that leads from the first number to the last');
  return Array.from({ length: many }, (_, i) => rounded(from + by * i));
}

/** Eight digits behind the point: what a sum of steps carries beyond them is nobody's wish. */
const rounded = (number: number): number => Math.round(number * 1e8) / 1e8;

const toNumber = (text: string): number => {
  const bare = text.replaceAll(/\s/g, '');
  return bare === '' ? NaN : Number(bare);
};

/** Every order of some values, in the order in which Python's `permutations` gives them. */
export function permutations<T>(values: readonly T[]): T[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((first, i) =>
    permutations(values.filter((_, other) => other !== i)).map((rest) => [first, ...rest]),
  );
}
