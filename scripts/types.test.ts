import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

describe("the engine's own compiler settings", () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-types-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const lines = {
    language: 'export const a = [1, 2].at(-1) ?? new TextDecoder().decode(new Uint8Array(2));',
    files: "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;",
    process: 'export const a = process.argv;',
    buffer: 'export const a = Buffer.alloc(1);',
    page: 'export const a = document.body;',
    network: "export const a = fetch('/');",
    console: "console.log('a');\nexport {};",
    timers: 'setTimeout(() => undefined, 1);\nexport {};',
    clock: 'export const a = performance.now();',
  };
  for (const [name, line] of Object.entries(lines)) writeFileSync(join(folder, `${name}.ts`), line);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'packages/engine/tsconfig.json'),
      include: ['*.ts', join(root, 'packages/engine/src/globals.d.ts')],
      exclude: [],
    }),
  );
  const output = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
    {
      encoding: 'utf8',
      cwd: folder,
    },
  ).stdout;

  it('know the language and what globals.d.ts lists', () => {
    expect(output).not.toContain('language.ts');
  });

  it.each(Object.keys(lines).filter((name) => name !== 'language'))('do not know the %s of a machine', (name) => {
    expect(output).toContain(`${name}.ts(`);
  });
});
