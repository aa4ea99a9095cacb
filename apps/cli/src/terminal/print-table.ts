import { padText, textWidth } from './text-width.ts';

/** Rows of text under a heading, in columns as wide as they need. */
export const printTable = (heading: readonly string[], rows: readonly (readonly string[])[]): string =>
  printColumns([heading, ...rows]);

/** Rows of text in columns as wide as they need; further lines of a last cell begin below its first. */
export function printColumns(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => textWidth(row[i]!))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === columns - 1 ? cell : padText(cell, widths[i]!))).join(GAP),
  );
  return lines.map((line) => line.trimEnd().replaceAll('\n', `\n${' '.repeat(before)}`)).join('\n');
}

const GAP = '  ';
