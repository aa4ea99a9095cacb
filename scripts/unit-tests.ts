// Runs the tests and closes with one line `N passed, N failed, N skipped`: `npm run unit -- packages/engine`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tally, type VitestReport } from './tally.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'unit-tests-'));
const reportFile = join(folder, 'report.json');

const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
const report = existsSync(reportFile) ? (JSON.parse(readFileSync(reportFile, 'utf8')) as VitestReport) : undefined;
rmSync(folder, { recursive: true });

const { passed, failed, skipped, forbiddenSkips } = tally(report);
for (const title of forbiddenSkips) console.error(`Skipped, and not for want of a GPU: ${title}`);
if (run.status !== 0 || failed > 0 || forbiddenSkips.length > 0) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
