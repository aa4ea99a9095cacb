// Measures the library: first scan from the page cache, next start until the list is usable, refresh without changes, a search.
// npx tsx benchmarks/make-library.ts FOLDER && npx tsx benchmarks/library.ts FOLDER
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
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
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const report = await library.refresh();
  const time = started();
  const kinds = new Map<string, number>();
  for (const { kind } of library.find()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  console.log(
    `first scan of ${report.models} models: ${time}; main thread held up ${(delay.max / 1e6).toFixed(0)} ms at most`,
  );
  console.log([...kinds].map(([kind, count]) => `${kind} ${count}`).join(', '));
  await library.close();
  const self = fileURLToPath(import.meta.url);
  console.log(execFileSync(process.execPath, ['--import', 'tsx', self, home, cache], { encoding: 'utf8' }).trim());
  rmSync(cache, { recursive: true });
}
