import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { failingTests } from './mistake.ts';
import { newThing } from './new-thing.ts';
import { registryFolders } from './registry-folders.ts';
import { copyRepository } from './scratch.ts';
import { things } from './things.ts';

// These run whole tools over a copy of the repository.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = copyRepository(root);
afterAll(() => scratch.remove());

const run = (tool: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(scratch.root, 'node_modules', tool), ...args], {
    cwd: scratch.root,
    encoding: 'utf8',
  });

describe('npm run new', () => {
  const written = new Map<string, readonly string[]>();
  beforeAll(async () => {
    for (const { kind } of things) written.set(kind, (await newThing(scratch.root, kind, 'example-thing')).files);
  });

  it.each(things)('puts the new $kind into the index of its folder', ({ kind, folder }) => {
    expect(written.get(kind)).toContain(`${folder}/example-thing.ts`);
    expect(readFileSync(join(scratch.root, folder, 'index.ts'), 'utf8')).toContain("from './example-thing.ts'");
  });

  it.each(['.', 'packages/engine'])('writes what compiles in %s', (project) => {
    // Only these and what they import; `npm run types` checks all else.
    const rules = join(scratch.root, project, 'tsconfig.new-things.json');
    const files = [...written.values()].flat().map((file) => join(scratch.root, file));
    const isOfProject = (file: string): boolean => project === '.' || !relative(dirname(rules), file).startsWith('..');
    const isChecked = (file: string): boolean => project === '.' || !file.endsWith('.test.ts');
    const checked = files.filter((file) => isOfProject(file) && isChecked(file));
    expect(checked.length).toBeGreaterThan(0);
    writeFileSync(rules, JSON.stringify({ extends: './tsconfig.json', include: ['src/**/*.d.ts'], files: checked }));
    const { stdout, status } = run('typescript/bin/tsc', '-p', rules, '--pretty', 'false');
    expect([stdout, status]).toEqual(['', 0]);
  });

  it('writes what the lint and format rules accept', () => {
    const files = [...written.values()].flat();
    expect(run('oxlint/bin/oxlint', ...files)).toMatchObject({ status: 0 });
    expect(run('oxfmt/bin/oxfmt', '--check', ...files)).toMatchObject({ status: 0 });
  });

  it('writes tests that pass', () => {
    const tests = [...written.values()].flat().filter((file) => file.endsWith('.test.ts'));
    expect(failingTests(scratch.root, { id: 'new', tests })).toEqual([]);
  });

  it('knows every folder that it writes to as a registry, and uses every template', () => {
    const folders = registryFolders.map((folder) => folder.path);
    for (const { folder } of things) expect(folders).toContain(folder);
    const kinds = readdirSync(join(root, 'scripts/templates')).map((file) => file.split('.')[0]);
    expect(new Set(kinds)).toEqual(new Set(things.map(({ kind }) => kind)));
  });

  it('never writes over a file', async () => {
    const file = join(scratch.root, things[0]!.folder, 'precious.ts');
    writeFileSync(file, 'precious');
    await expect(newThing(scratch.root, things[0]!.kind, 'precious')).rejects.toThrow(
      'expected a new name, found a file',
    );
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it.each([
    ['ops', 'my-op', 'Expected what to add ('],
    [undefined, undefined, 'found nothing'],
    ['op', 'MyOp', 'Expected a name in kebab-case'],
    ['op', '../my-op', 'Expected a name in kebab-case'],
    ['op', undefined, 'Expected a name in kebab-case'],
  ])('refuses %s %s', async (kind, name, reason) => {
    await expect(newThing(scratch.root, kind, name)).rejects.toThrow(reason);
    expect(existsSync(join(scratch.root, things[0]!.folder, `${basename(name ?? 'undefined')}.ts`))).toBe(false);
  });
});
