// Steps of SD 1.5 at full size: `tsx benchmarks/denoiser.ts CHECKPOINT [fast|quick|small …]`; see README.md here.
import { fork } from 'node:child_process';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { RunMode } from '@danqing/engine/runtime';
import { openModel } from '@danqing/node/files/open-model';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { median, openYardstick, watchMemory } from './measuring.ts';

/** Multiplications and additions of one step: batch 2 (prompt and negative prompt), 64×64 cells, 77 tokens. */
const STEP_FLOP = 1.606e12;
/** The same for decoding one picture of 512×512, counted from the shapes of its convolutions and attention. */
const DECODE_FLOP = 2.515e12;
const STEPS = 4;
const GIB = 2 ** 30;

/** One row of the table. */
interface Row {
  readonly what: string;
  readonly shareOfPeak: number;
  readonly secondsEach: number;
  readonly openSeconds: number;
  readonly anonymousBytes: number;
  readonly mappedBytes: number;
  readonly yardstickGflops: number;
}

const noise = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 12.9898 * i) * 1.7);

async function measure(path: string, what: 'denoiser' | 'decoder', mode: RunMode): Promise<Row> {
  const yardstick = await openYardstick();
  const before = await yardstick.measure();
  const memory = watchMemory();
  const from = performance.now();
  const { index, close } = await openModel(path);
  const parts = familyOf(index, families).parts(index);
  const graph = what === 'denoiser' ? parts.denoiser().graph() : parts.vae().decoder();
  const session = await openOnCpu(graph, mode);
  const openSeconds = (performance.now() - from) / 1000;
  const width = what === 'denoiser' ? parts.denoiser().contextWidth : 0;
  const feeds =
    what === 'denoiser'
      ? {
          x: { shape: [2, 4, 64, 64], data: noise(2 * 4 * 64 * 64, 1) },
          timestep: { shape: [2], data: Float32Array.of(500, 500) },
          context: { shape: [2, 77, width], data: noise(2 * 77 * width, 2) },
        }
      : { latent: { shape: [1, 4, 64, 64], data: noise(4 * 64 * 64, 3) } };
  const seconds: number[] = [];
  for (let i = 0; i < STEPS; i++) {
    const start = performance.now();
    await session.run(feeds);
    seconds.push((performance.now() - start) / 1000);
  }
  const { anonymous, mapped } = memory.peakBytes();
  const after = await yardstick.measure();
  await session.release();
  await close();
  // The first run also sets up memory; it counts only in the peak.
  const secondsEach = median(seconds.slice(1));
  const peak = (before + after) / 2;
  const flop = what === 'denoiser' ? STEP_FLOP : DECODE_FLOP;
  return {
    what: `${what}, ${mode}`,
    shareOfPeak: flop / secondsEach / peak,
    secondsEach,
    openSeconds,
    anonymousBytes: anonymous,
    mappedBytes: mapped,
    yardstickGflops: peak / 1e9,
  };
}

const [path, ...modes] = process.argv.slice(2);
if (path === undefined) throw new Error('usage: tsx benchmarks/denoiser.ts CHECKPOINT [fast|quick|small …]');
if (process.send === undefined) {
  console.log('| what | share of peak | seconds | open, s | memory, GiB | mapped, GiB | yardstick, GFLOP/s |');
  console.log('|---|---|---|---|---|---|---|');
  const runs = [
    ...(modes.length > 0 ? modes : ['fast', 'quick', 'small']).map((mode) => ['denoiser', mode]),
    ['decoder', 'quick'],
  ];
  for (const [what, mode] of runs) {
    // A process of its own for each, so that no figure depends on the one before.
    const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };
    const row = await new Promise<Row>((resolve, reject) => {
      const child = fork(new URL(import.meta.url), [path, what!, mode!], { env });
      child.on('message', (message) => resolve(message as Row));
      child.on('exit', (code) => reject(new Error(`ended with code ${code}`)));
    });
    const cells = [row.what, row.shareOfPeak.toFixed(2), row.secondsEach.toFixed(2), row.openSeconds.toFixed(2)];
    const memory = [row.anonymousBytes / GIB, row.mappedBytes / GIB].map((value) => value.toFixed(2));
    console.log(`| ${[...cells, ...memory, row.yardstickGflops.toFixed(0)].join(' | ')} |`);
  }
} else {
  process.send(await measure(path, modes[0] as 'denoiser' | 'decoder', modes[1] as RunMode));
}
