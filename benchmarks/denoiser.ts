// Steps of SD 1.5 at full size: `tsx benchmarks/denoiser.ts CHECKPOINT [fast|quick|small …]`; see README.md here.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { RunMode } from '@danqing/engine/runtime';
import { openModel } from '@danqing/node/files/open-model';
import { openOnnxRuntime } from '@danqing/node/runtime/onnxruntime';
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

async function measure(
  path: string,
  what: 'denoiser' | 'decoder',
  mode: RunMode,
  preparedFolder: string | undefined,
): Promise<Row> {
  const yardstick = await openYardstick();
  const memory = watchMemory();
  const from = performance.now();
  const { index, close } = await openModel(path);
  const parts = familyOf(index, families).parts(index);
  const graph = what === 'denoiser' ? parts.denoiser().graph() : parts.vae().decoder();
  const session = await openOnnxRuntime(graph, {
    provider: 'cpu',
    mode,
    ...(preparedFolder === undefined ? {} : { preparedFolder }),
  });
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
  // The first run also sets up memory; it counts only in the peak.
  await session.run(feeds);
  const flop = what === 'denoiser' ? STEP_FLOP : DECODE_FLOP;
  const runs: { seconds: number; peak: number; share: number }[] = [];
  let before = await yardstick.measure();
  for (let i = 0; i < STEPS; i++) {
    const start = performance.now();
    await session.run(feeds);
    const seconds = (performance.now() - start) / 1000;
    const after = await yardstick.measure();
    const peak = (before + after) / 2;
    runs.push({ seconds, peak, share: flop / seconds / peak });
    before = after;
  }
  const { anonymous, mapped } = memory.peakBytes();
  await session.release();
  await close();
  return {
    what: `${what}, ${mode}`,
    shareOfPeak: median(runs.map(({ share }) => share)),
    secondsEach: median(runs.map(({ seconds }) => seconds)),
    openSeconds,
    anonymousBytes: anonymous,
    mappedBytes: mapped,
    yardstickGflops: median(runs.map(({ peak }) => peak)) / 1e9,
  };
}

const USAGE = 'usage: tsx benchmarks/denoiser.ts CHECKPOINT [fast|quick|small …]';

const [path, ...modes] = process.argv.slice(2);
if (path === undefined) throw new Error(USAGE);
if (process.send === undefined) {
  console.log('| what | share of peak | seconds | open, s | memory, GiB | mapped, GiB | yardstick, GFLOP/s |');
  console.log('|---|---|---|---|---|---|---|');
  const prepared = mkdtempSync(join(tmpdir(), 'danqing-denoiser-'));
  try {
    for (const mode of modes.length > 0 ? modes : ['fast', 'quick', 'small']) {
      if (mode === 'fast') await print(path, 'denoiser', mode, 'first time', prepared);
      await print(path, 'denoiser', mode, mode === 'fast' ? 'prepared' : undefined, prepared);
    }
    await print(path, 'decoder', 'quick', undefined, prepared);
  } finally {
    rmSync(prepared, { recursive: true });
  }
} else {
  process.send(await measure(path, modes[0] as 'denoiser' | 'decoder', modes[1] as RunMode, modes[2]));
}

/** Measures in a process of its own, so that no figure depends on the one before. */
async function print(file: string, what: string, mode: string, note: string | undefined, prepared: string) {
  const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };
  const row = await new Promise<Row>((resolve, reject) => {
    const child = fork(new URL(import.meta.url), [file, what, mode, prepared], { env });
    child.on('message', (message) => resolve(message as Row));
    child.on('exit', (code) => reject(new Error(`ended with code ${code}`)));
  });
  const name = note === undefined ? row.what : `${row.what}, ${note}`;
  const cells = [name, row.shareOfPeak.toFixed(2), row.secondsEach.toFixed(2), row.openSeconds.toFixed(2)];
  const memory = [row.anonymousBytes / GIB, row.mappedBytes / GIB].map((value) => value.toFixed(2));
  console.log(`| ${[...cells, ...memory, row.yardstickGflops.toFixed(0)].join(' | ')} |`);
}
