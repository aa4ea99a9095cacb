// Measures the library: next start until the list is usable, refresh without changes, a search, first scan from the page cache.
// npx tsx benchmarks/make-library.ts FOLDER && npx tsx benchmarks/library.ts FOLDER
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Library } from '@danqing/studio/library/library';

const [home, given] = process.argv.slice(2);
if (home === undefined) throw new Error('usage: library.ts FOLDER');
const cache = given ?? mkdtempSync(join(tmpdir(), 'danqing-library-'));
/** Time and processor time since then: on a machine that others use, only the second tells something. */
const since = (): (() => string) => {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    const show = (milliseconds: number): string => (milliseconds / 1000).toFixed(3);
    return `${show(performance.now() - start)} s (processor ${show((user + system) / 1000)} s)`;
  };
};

// The modules are loaded before the clock starts: a bundled program loads them in a few milliseconds.
const started = since();
const library = await Library.open({ home, cache });
const listed = library.find().length;
if (given !== undefined) {
  console.log(`next start until the list of ${listed} models is usable: ${started()}`);
  for (const words of ['水墨', 'portrait 17', 'tag 4711']) {
    const at = since();
    const found = library.find({ words, limit: 50 }).length;
    console.log(`search for ${words}: ${found} found, ${at()}`);
  }
  const again = since();
  const report = await library.refresh();
  console.log(`refresh without changes: ${again()} (${report.added + report.changed + report.removed} changes)`);
  await library.close();
} else {
  const report = await library.refresh();
  const kinds = new Map<string, number>();
  for (const { kind } of library.find()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  console.log(`${report.models} models: ${[...kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')}`);
  await library.close();
  const self = fileURLToPath(import.meta.url);
  console.log(execFileSync(process.execPath, ['--import', 'tsx', self, home, cache], { encoding: 'utf8' }).trim());
  rmSync(cache, { recursive: true });
  for (let run = 0; run < 3; run++) console.log(`first scan by the program as it is started: ${scanAnew()}`);
}

/** The time of `danqing library scan` with nothing known, from its start to its end. */
function scanAnew(): string {
  const nothing = mkdtempSync(join(tmpdir(), 'danqing-library-'));
  const env = { ...process.env, DANQING_HOME: home, DANQING_CACHE: nothing };
  const program = fileURLToPath(new URL('../apps/cli/bin/danqing.js', import.meta.url));
  execFileSync(process.execPath, [program, '--version']);
  const start = performance.now();
  execFileSync(process.execPath, [program, 'library', 'scan'], { env, stdio: 'ignore' });
  const seconds = (performance.now() - start) / 1000;
  rmSync(nothing, { recursive: true });
  return `${seconds.toFixed(1)} s`;
}
