// Time and memory of merging two checkpoints of F16, against the same merge by a torch script (merge.py) on the same cores, both from
// page cache and until the result is on the disk; and whether the results are the same, bit for bit.
// npx tsx benchmarks/make-checkpoint.ts model.safetensors; npx tsx benchmarks/merge.ts PYTHON model.safetensors [FOLDER FOR BIG FILES]
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planMerge } from '@danqing/engine/merging/plan-merge';
import { buildFile } from '@danqing/node/files/build-file';
import { openModel } from '@danqing/node/files/open-model';
import { hashModel } from '@danqing/node/hashing/hash-model';

const ROUNDS = 3;

interface Measured {
  readonly seconds: number;
  readonly memoryMb: number;
}

/** One merge, and the highest memory of this process. */
async function merge(first: string, second: string, to: string): Promise<void> {
  const started = performance.now();
  const models = await Promise.all([first, second].map((path) => openModel(path)));
  const [a, b] = models.map(({ index }) => index);
  const { tensors } = planMerge({ interpolation: { mode: 'weighted-sum', models: [a!, b!], multiplier: 0.3 } });
  const metadata = new Map([['format', 'pt']]);
  await buildFile({ path: to, container: 'safetensors', tensors, metadata, models });
  await Promise.all(models.map((model) => model.close()));
  const seconds = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ seconds, memoryMb: process.resourceUsage().maxRSS / 1024 }));
}

/** The same in a process of its own. */
function measure(first: string, second: string, to: string): Measured {
  rmSync(to, { force: true });
  const self = fileURLToPath(import.meta.url);
  const run = spawnSync(process.execPath, ['--import', 'tsx', self, '--once', first, second, to], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Measured;
}

function measureTorch(python: string, first: string, second: string, to: string): { readonly synced: number } {
  rmSync(to, { force: true });
  const script = fileURLToPath(new URL('merge.py', import.meta.url));
  return JSON.parse(
    execFileSync(python, [script, first, second, to, String(availableParallelism())], { encoding: 'utf8' }),
  ) as { synced: number };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const [, , ...words] = process.argv;
if (words[0] === '--once') {
  await merge(words[1]!, words[2]!, words[3]!);
} else {
  const [python, first] = words;
  if (python === undefined || first === undefined) throw new Error('usage: merge.ts PYTHON MODEL.safetensors [FOLDER]');
  const folder = words[2] ?? dirname(first);
  const [second, ours, theirs] = ['bench-b', 'bench-merged', 'bench-torch'].map((name) =>
    join(folder, `${name}.safetensors`),
  ) as [string, string, string];
  if (!existsSync(second)) {
    const make = fileURLToPath(new URL('make-checkpoint.ts', import.meta.url));
    execFileSync(process.execPath, ['--import', 'tsx', make, second, 'sd1', '43']);
  }
  const own: number[] = [];
  const torch: number[] = [];
  let memory = 0;
  for (let round = 0; round < ROUNDS; round++) {
    execFileSync('sync');
    torch.push(measureTorch(python, first, second, theirs).synced);
    execFileSync('sync');
    const { seconds, memoryMb } = measure(first, second, ours);
    own.push(seconds);
    memory = Math.max(memory, memoryMb);
    console.log(`torch ${torch.at(-1)!.toFixed(2)} s, ours ${seconds.toFixed(2)} s, ${memoryMb.toFixed(0)} MB`);
  }
  const hashes = await Promise.all([ours, theirs].map((path) => hashModel(path, ['tensors'])));
  const isSame = hashes[0]!.tensors !== undefined && hashes[0]!.tensors === hashes[1]!.tensors;
  console.log(
    `torch ${median(torch).toFixed(2)} s, ours ${median(own).toFixed(2)} s = ${(median(own) / median(torch)).toFixed(2)} × (limit 1.0, aim 0.7), memory ${memory.toFixed(0)} MB (limit 1000), ${isSame ? 'bit-equal' : 'NOT EQUAL'}`,
  );
  for (const path of [second, ours, theirs]) rmSync(path, { force: true });
}
