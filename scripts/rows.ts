// Prints each row of docs/rows.json with its tests and its doors, as a Markdown table: `npm run -s rows`,
// or only some: `npm run -s rows -- GEN PR-05`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceFiles } from './source-files.ts';

/** One capability: what proves it and where people reach it. Tests are `file: title`, doors are files. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly tests: readonly string[];
  readonly commands: readonly string[];
  readonly routes: readonly string[];
  readonly pages: readonly string[];
}

const doors = {
  commands: /^apps\/cli\/src\//,
  routes: /^packages\/server\/src\//,
  pages: /^apps\/web\/src\//,
};

/**
 * Every row of `docs/rows.json` under `root`. A test belongs to the ids that its title begins with
 * (`it('GEN-01, GEN-02: …')`), a door to those that its file lists after the doc tag `@rows`.
 * @throws when a test or a door names a row that the list does not have.
 */
export function rowsOf(root: string, files: readonly string[] = sourceFiles(root)): Row[] {
  const titles = JSON.parse(readFileSync(join(root, 'docs/rows.json'), 'utf8')) as Record<string, string>;
  const claims = files
    .filter((file) => /^(?:packages|apps|tests)\/.*\.tsx?$/.test(file))
    .flatMap((file) => {
      const source = readFileSync(join(root, file), 'utf8');
      return /\.test\.tsx?$/.test(file) ? testClaims(file, source) : doorClaims(file, source);
    });
  const unknown = claims.find((claim) => titles[claim.id] === undefined);
  if (unknown !== undefined) {
    throw new Error(`${unknown.file}: expected a row of docs/rows.json, found ${unknown.id}.`);
  }
  return Object.entries(titles).map(([id, title]) => {
    const own = claims.filter((claim) => claim.id === id);
    const through = (door: RegExp) =>
      own.filter((claim) => claim.test === undefined && door.test(claim.file)).map((claim) => claim.file);
    return {
      id,
      title,
      tests: own.filter((claim) => claim.test !== undefined).map((claim) => `${claim.file}: ${claim.test}`),
      commands: through(doors.commands),
      routes: through(doors.routes),
      pages: through(doors.pages),
    };
  });
}

interface Claim {
  readonly id: string;
  readonly file: string;
  readonly test?: string;
}

const idPattern = '[A-Z]{2,3}-\\d{2}';

function testClaims(file: string, source: string): Claim[] {
  const title = new RegExp(`\\(\\s*(['"\`])(${idPattern}(?:, ${idPattern})*): (.*?)\\1\\s*,`, 'g');
  return [...source.matchAll(title)].flatMap((match) =>
    match[2]!.split(', ').map((id) => ({ id, file, test: match[3]! })),
  );
}

function doorClaims(file: string, source: string): Claim[] {
  const tag = new RegExp(`@rows ((?:${idPattern}[, ]*)+)`, 'g');
  return [...source.matchAll(tag)].flatMap((match) =>
    match[1]!.match(new RegExp(idPattern, 'g'))!.map((id) => ({ id, file })),
  );
}

/** The rows as a Markdown table, and under it those that no test proves. */
export function rowTable(rows: readonly Row[]): string {
  const cell = (list: readonly string[]) => (list.length === 0 ? '–' : list.join('<br>').replaceAll('|', '\\|'));
  const lines = rows.map(
    (row) => `| ${row.id} | ${row.title} | ${[row.tests, row.commands, row.routes, row.pages].map(cell).join(' | ')} |`,
  );
  const untested = rows.filter((row) => row.tests.length === 0).map((row) => row.id);
  const tested = `${rows.length - untested.length} of ${rows.length} rows have a test.`;
  return [
    '| row | capability | tests | CLI | HTTP | pages |',
    '|---|---|---|---|---|---|',
    ...lines,
    '',
    untested.length === 0 ? tested : `${tested} Without one: ${untested.join(', ')}.`,
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const rows = rowsOf(fileURLToPath(new URL('..', import.meta.url)));
  console.log(rowTable(rows.filter((row) => words.length === 0 || words.some((word) => row.id.startsWith(word)))));
}
