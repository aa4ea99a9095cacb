// Time and memory of turning a torch file into safetensors, against `cp --reflink=never` of the same file, both from page cache: until all
// is written, and until all is on the disk (which `cp` leaves to the system, so that `sync` is added to it).
// npx tsx benchmarks/make-checkpoint.ts model.safetensors; npx tsx benchmarks/convert.ts model.safetensors [FOLDER FOR BIG FILES]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planConversion } from '@danqing/engine/weights/convert/plan-conversion';
import type { Container } from '@danqing/engine/weights/file-plan';
import { buildFile } from '@danqing/node/files/build-file';
import { openModel } from '@danqing/node/files/open-model';

const ROUNDS = 5;

/** One conversion, and the highest memory of this process. */
async function convert(from: string, to: string, container: Container): Promise<void> {
  const started = performance.now();
  const model = await openModel(from);
  const { tensors, metadata } = planConversion(model.index, { container });
  let writtenMs = started;
  const onProgress = (): void => void (writtenMs = performance.now());
  await buildFile({ path: to, container, tensors, metadata, models: [model] }, { onProgress });
  await model.close();
  const [written, synced] = [writtenMs, performance.now()].map((ms) => (ms - started) / 1000);
  console.log(JSON.stringify({ written, synced, memoryMb: process.resourceUsage().maxRSS / 1024 }));
}

interface Measured {
  readonly written: number;
  readonly synced: number;
  readonly memoryMb: number;
}

/** The same in a process of its own. */
function measure(from: string, to: string, container: Container): Measured {
  rmSync(to, { force: true });
  const self = fileURLToPath(import.meta.url);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', self, '--once', from, to, container],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

function copy(from: string, to: string): Measured {
  rmSync(to, { force: true });
  const started = performance.now();
  execFileSync('cp', ['--reflink=never', from, to]);
  const written = (performance.now() - started) / 1000;
  execFileSync('sync', [to]);
  return { written, synced: (performance.now() - started) / 1000, memoryMb: 0 };
}

const show = ({ written, synced }: Measured): string => `${written.toFixed(2)} s, on the disk ${synced.toFixed(2)} s`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const [, , first, ...rest] = process.argv;
if (first === undefined) throw new Error('usage: convert.ts MODEL.safetensors [FOLDER]');
if (first === '--once') {
  const [from, to, container] = rest as [string, string, Container];
  await convert(from, to, container);
} else {
  const folder = rest[0] ?? dirname(first);
  const [pickle, copied, converted] = ['bench.ckpt', 'bench-copy.ckpt', 'bench-converted.safetensors'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  if (!existsSync(pickle)) measure(first, pickle, 'torch');
  const copies: Measured[] = [];
  const conversions: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    execFileSync('sync');
    copies.push(copy(pickle, copied));
    execFileSync('sync');
    conversions.push(measure(pickle, converted, 'safetensors'));
    console.log(`cp ${show(copies.at(-1)!)}; convert ${show(conversions.at(-1)!)}`);
  }
  const ratio = (time: (one: Measured) => number): string =>
    (median(conversions.map(time)) / median(copies.map(time))).toFixed(2);
  const memory = Math.max(...conversions.map(({ memoryMb }) => memoryMb));
  console.log(
    `${(statSync(pickle).size / 1e9).toFixed(2)} GB: ${ratio(({ written }) => written)} × cp written, ${ratio(({ synced }) => synced)} × on the disk (limit 1.5); memory ${memory.toFixed(0)} MB (limit 300)`,
  );
  for (const path of [pickle, copied, converted]) rmSync(path, { force: true });
}
