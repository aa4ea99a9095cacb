import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../scripts/source-files.ts';
import { things } from '../scripts/things.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = sourceFiles(root).filter((path) => path.endsWith('.md'));

describe('the documents', () => {
  it.each(pages)('link to files that exist: %s', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  it.each(pages)('name npm scripts that exist: %s', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(page).matchAll(/npm run (?:-s )?([\w:]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('have a recipe for everything that `npm run new` writes', () => {
    for (const { kind } of things) expect(read('CONTRIBUTING.md')).toContain(`npm run new -- ${kind} `);
  });

  it('show every room and its folders on the map', () => {
    const folders = sourceFiles(root).flatMap(
      (path) => /^(?:packages\/(?:engine|node|studio)\/src|packages|apps)\/([\w-]+)\//.exec(path)?.[1] ?? [],
    );
    const map = read('docs/map.md');
    expect(
      [...new Set(folders)].filter((folder) => !map.includes(`${folder}/\``) && !map.includes(`/${folder}\``)),
    ).toEqual([]);
  });

  it('explain every error code, and no other', () => {
    const codes = /type ErrorCode =([^;]+);/.exec(read('packages/engine/src/errors.ts'))![1]!.match(/[\w-]+/g)!;
    const explained = [...read('docs/errors.md').matchAll(/^\| `([\w-]+)` \|/gm)].map((match) => match[1]!);
    expect(new Set(explained)).toEqual(new Set(codes));
  });
});
