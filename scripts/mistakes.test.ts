import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readMistakes } from './mistake-list.ts';
import { tryMistake, withMistake, type Mistake } from './mistake.ts';
import { copyRepository } from './scratch.ts';

// These run whole tools over a copy of the repository.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const root = fileURLToPath(new URL('..', import.meta.url));

describe('the list of known mistakes', () => {
  it('fits the sources: each text stands once, each test file exists', async () => {
    for (const mistake of await readMistakes(root)) {
      expect(() => withMistake(readFileSync(join(root, mistake.file), 'utf8'), mistake), mistake.id).not.toThrow();
      for (const test of mistake.tests) expect(existsSync(join(root, test)), `${mistake.id}: ${test}`).toBe(true);
    }
  });
});

describe('tryMistake', () => {
  const scratch = copyRepository(root);
  afterAll(() => scratch.remove());
  const mistake: Mistake = {
    id: 'count-skips',
    what: 'passed tests are not told from failed ones',
    file: 'scripts/tally.ts',
    find: "filter((test) => test.status === 'passed').length",
    replace: "filter((test) => test.status !== 'skipped').length",
    tests: ['scripts/tally.test.ts'],
  };

  it('names the tests that notice, and takes the mistake out again', () => {
    const outcome = tryMistake(scratch.root, mistake);
    expect(outcome.result).toBe('caught');
    expect(outcome.by).toContain('tally counts tests by how they ended');
    const file = (folder: string) => readFileSync(join(folder, mistake.file), 'utf8');
    expect(file(scratch.root)).toBe(file(root));
  });

  it('says when no test notices', () => {
    const harmless = { ...mistake, find: 'could not even be loaded', replace: 'cannot even be loaded' };
    expect(tryMistake(scratch.root, harmless).result).toBe('missed');
  });

  it('refuses a mistake after which a test file does not load', () => {
    const broken = { ...mistake, find: 'export function tally', replace: 'export tally' };
    expect(() => tryMistake(scratch.root, broken)).toThrow('count-skips: expected tests in');
  });
});

describe('withMistake', () => {
  const mistake: Mistake = { id: 'a', what: 'a', file: 'a.ts', find: 'x', replace: '$&y', tests: [] };

  it('replaces the one place, letter for letter', () => {
    expect(withMistake('let x;', mistake)).toBe('let $&y;');
  });

  it.each([
    ['let y;', 'found it 0 times'],
    ['x x', 'found it 2 times'],
  ])('refuses %s', (source, reason) => {
    expect(() => withMistake(source, mistake)).toThrow(reason);
  });
});
