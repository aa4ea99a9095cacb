import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedSpec } from '../tests/shared-data.ts';
import { rowsOf, rowTable } from './rows.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));

describe('the rows of the product', () => {
  it('are those of the specification, and every test and door names one of them', () => {
    const specification = readFileSync(sharedSpec('capabilities.md'), 'utf8');
    const ids = [...specification.matchAll(/^\| ([A-Z]{2,3}-\d{2}) \|/gm)].map((match) => match[1]);
    expect(rowsOf(repository).map((row) => row.id)).toEqual(ids);
  });
});

describe('rowsOf', () => {
  const root = mkdtempSync(join(tmpdir(), 'rows-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const put = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    return file;
  };
  put('docs/rows.json', JSON.stringify({ 'GEN-01': 'Text to picture', 'GEN-02': 'Same again', 'UI-03': 'Quick' }));

  it('finds tests by the ids in front of their titles, and doors by their tag', () => {
    const files = [
      put(
        'packages/a/src/a.test.ts',
        "it('GEN-01, GEN-02: draws', () => {});\nit.each([1])(\n  'GEN-01: twice',\n  f,\n);",
      ),
      put('apps/cli/src/commands/generate.ts', '/** Draws. @rows GEN-01, GEN-02 */\nexport const generate = 1;'),
      put('packages/server/src/routes/draw.ts', '/** @rows GEN-01 */'),
      put('apps/web/src/features/draw.tsx', '/** @rows GEN-02 */'),
    ];
    const rows = rowsOf(root, files);
    expect(rows[0]).toEqual({
      id: 'GEN-01',
      title: 'Text to picture',
      tests: ['packages/a/src/a.test.ts: draws', 'packages/a/src/a.test.ts: twice'],
      commands: ['apps/cli/src/commands/generate.ts'],
      routes: ['packages/server/src/routes/draw.ts'],
      pages: [],
    });
    expect(rows[1]).toMatchObject({
      tests: ['packages/a/src/a.test.ts: draws'],
      pages: ['apps/web/src/features/draw.tsx'],
    });
    expect(rowTable(rows)).toContain('2 of 3 rows have a test. Without one: UI-03.');
  });

  it('refuses a row that does not exist', () => {
    const file = put('packages/a/src/b.test.ts', "it('GEN-99: draws', () => {});");
    expect(() => rowsOf(root, [file])).toThrow(
      'packages/a/src/b.test.ts: expected a row of docs/rows.json, found GEN-99.',
    );
  });
});
