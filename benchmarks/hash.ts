// Measures hashing: SHA-256 of a large file against sha256sum, all hashes in one pass, and how long the main thread is held up.
// npx tsx benchmarks/hash.ts FILE
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { sha256OfFile } from '@danqing/node/files/hash-file';
import { HashThread } from '@danqing/node/hashing/hash-thread';
import { hashNames } from '@danqing/node/hashing/model-hashes';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: hash.ts FILE');
const bytes = statSync(file).size;
const thread = new HashThread();
// The file is in the page cache and the thread has started before anything is measured.
execFileSync('sha256sum', [file]);
await thread.hash(process.execPath, ['old']);

const REPEATS = 3;
const fastest = async (work: () => Promise<unknown>): Promise<number> => {
  let best = Infinity;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    await work();
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  return best;
};
const show = (name: string, seconds: number): void =>
  console.log(`${name}: ${seconds.toFixed(2)} s, ${(bytes / 1e9 / seconds).toFixed(2)} GB/s`);

const sum = await fastest(async () => execFileSync('sha256sum', [file]));
show('sha256sum', sum);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const own = await fastest(async () => thread.hash(file, ['sha256']));
show('SHA-256 in a thread', own);
console.log(
  `speed against sha256sum: ${(sum / own).toFixed(2)}; main thread held up ${(delay.max / 1e6).toFixed(0)} ms at most`,
);
show('SHA-256 in the drawing process', await fastest(async () => sha256OfFile(file)));
delay.reset();
show('all hashes in one pass', await fastest(async () => thread.hash(file, hashNames)));
console.log(`main thread held up ${(delay.max / 1e6).toFixed(0)} ms at most`);
for (const name of hashNames) show(`  ${name} alone`, await fastest(async () => thread.hash(file, [name])));
await thread.close();
