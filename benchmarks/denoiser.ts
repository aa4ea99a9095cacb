// Steps of a checkpoint of full size at its native size: `tsx benchmarks/denoiser.ts CHECKPOINT [fast|quick|small …]`; see README.md here.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { countFlops } from '@danqing/engine/graph/count-flops';
import type { RunMode } from '@danqing/engine/runtime';
import { openModel } from '@danqing/node/files/open-model';
import { openOnnxRuntime } from '@danqing/node/runtime/onnxruntime';
import { median, openYardstick, watchMemory } from './measuring.ts';

/** Measured steps of a network; one that takes minutes is measured once, without a run before. */
const STEPS = 4;
const LARGE_FLOP = 1e13;
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
  const { nativeSize, latent } = parts.family;
  const side = nativeSize / latent.factor;
  const { contextWidth, vectorWidth } = parts.denoiser();
  const [batch, tokens] = what === 'denoiser' ? [2, 77] : [1, 1];
  const made = (seed: number, ...shape: number[]) => ({
    shape,
    data: noise(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  });
  const feeds =
    what === 'denoiser'
      ? {
          x: made(1, batch, latent.channels, side, side),
          timestep: { shape: [batch], data: new Float32Array(batch).fill(500) },
          context: made(2, batch, tokens, contextWidth),
          ...(vectorWidth !== undefined && { vector: made(4, batch, vectorWidth) }),
        }
      : { latent: made(3, 1, latent.channels, side, side) };
  const flop = countFlops(
    graph,
    new Map([
      ['batch', batch],
      ['height', side],
      ['width', side],
      ['tokens', tokens],
    ]),
  );
  // The first run also sets up memory; where there is time for another, it counts only in the peak.
  const steps = flop > LARGE_FLOP ? 1 : STEPS;
  if (steps > 1) await session.run(feeds);
  const runs: { seconds: number; peak: number; share: number }[] = [];
  let before = await yardstick.measure();
  for (let i = 0; i < steps; i++) {
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
