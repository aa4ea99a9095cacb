import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A known mistake in one line of the product, and the tests that must notice it. */
export interface Mistake {
  /** Short name, unique in the list. */
  readonly id: string;
  /** What a reader of the product would call it, in half a sentence. */
  readonly what: string;
  /** File from the root of the repository. */
  readonly file: string;
  /** Exact text that stands there once. */
  readonly find: string;
  readonly replace: string;
  /** Test files that run with the mistake in place; at least one of their tests has to fail. */
  readonly tests: readonly string[];
}

/** How one mistake went. `missed` means that every test still passed. */
export interface Outcome {
  readonly mistake: Mistake;
  readonly result: 'caught' | 'missed';
  /** Titles of the tests that failed. */
  readonly by: readonly string[];
  readonly seconds: number;
}

/**
 * Puts the mistake into the copy of the repository at `root`, runs its tests, and takes it out again.
 * @throws when the text to replace does not stand in its file exactly once, or a test file cannot be loaded.
 */
export function tryMistake(root: string, mistake: Mistake): Outcome {
  const path = join(root, mistake.file);
  const source = readFileSync(path, 'utf8');
  const wrong = withMistake(source, mistake);
  const started = Date.now();
  writeFileSync(path, wrong);
  try {
    const by = failingTests(root, mistake);
    return { mistake, result: by.length > 0 ? 'caught' : 'missed', by, seconds: (Date.now() - started) / 1000 };
  } finally {
    writeFileSync(path, source);
  }
}

/**
 * The source with the mistake in it.
 * @throws when the text to find does not stand there exactly once, or the replacement changes nothing.
 */
export function withMistake(source: string, mistake: Mistake): string {
  const places = source.split(mistake.find).length - 1;
  if (places !== 1) {
    throw new Error(
      `${mistake.id}: expected the text once in ${mistake.file}, found it ${places} times: ${mistake.find}`,
    );
  }
  const wrong = source.replace(mistake.find, () => mistake.replace);
  if (wrong === source) throw new Error(`${mistake.id}: the replacement is the text that stands there already.`);
  return wrong;
}

/**
 * Titles of the tests of `mistake.tests` that fail in the copy at `root`.
 * @throws when a test file cannot be loaded: a mistake must be one that compiles.
 */
export function failingTests(root: string, mistake: Pick<Mistake, 'id' | 'tests'>): string[] {
  if (mistake.tests.length === 0) throw new Error(`${mistake.id}: expected at least one test file, found none.`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const run = spawnSync(process.execPath, [vitest, 'run', '--reporter=json', ...mistake.tests], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...Object.fromEntries(environment), CI: 'true' },
  });
  const start = run.stdout.indexOf('{"num');
  if (start < 0) throw new Error(`${mistake.id}: the tests did not run.\n${run.stderr.slice(-2000)}`);
  const { testResults } = JSON.parse(run.stdout.slice(start)) as {
    testResults: { name: string; message?: string; assertionResults: { status: string; fullName: string }[] }[];
  };
  const unloaded = testResults.find((file) => file.assertionResults.length === 0);
  if (unloaded !== undefined) {
    throw new Error(
      `${mistake.id}: expected tests in ${unloaded.name}, found none that ran. ${unloaded.message ?? ''}`,
    );
  }
  return testResults
    .flatMap((file) => file.assertionResults)
    .filter((test) => test.status === 'failed')
    .map((test) => test.fullName);
}
