// What everything but the networks takes in 20 steps of SD 1.5 at 512×512: `tsx benchmarks/host-overhead.ts CHECKPOINT`.
// The networks are replaced by ones that answer at once, so nothing else is measured; see README.md here.
import { generate } from '@danqing/engine/pipelines/generate';
import { createModel, type ModelHands } from '@danqing/engine/pipelines/model';
import { readOptions } from '@danqing/engine/pipelines/options';
import type { Session } from '@danqing/engine/runtime';
import { findSampler } from '@danqing/engine/sampling/find-sampler';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { openCheckpoint } from '@danqing/studio/jobs/checkpoint-files';
import { median, openYardstick } from './measuring.ts';

/** Multiplications and additions of one step: batch 2, 64×64 cells, 77 tokens. */
const STEP_FLOP = 1.607e12;
const STEPS = 20;
const REPEATS = 9;
const SAMPLERS = [
  'Euler',
  'Euler a',
  'DPM++ 2M Karras',
  'DPM++ SDE Karras',
  'DPM++ 3M SDE Exponential',
  'UniPC',
  'LMS',
  'DDIM',
];

const [checkpoint] = process.argv.slice(2);
if (checkpoint === undefined) throw new Error('usage: tsx benchmarks/host-overhead.ts CHECKPOINT');
const { parts, vae } = await openCheckpoint(checkpoint, 'none');
const options = readOptions({});

/** Sessions that give numbers of the right shape without computing any. */
let calls = 0;
const answers = new Map<string, Tensor>();
const answer = (...shape: number[]): Tensor => {
  const key = shape.join();
  const known = answers.get(key) ?? {
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(12.9898 * i)),
  };
  answers.set(key, known);
  return known;
};
const hands: ModelHands = {
  readTensor: () => Promise.reject(new Error('nothing is stored')),
  withSession({ name }, work) {
    const session: Session = {
      run: (feeds) => {
        const rows = Object.values(feeds)[0]!.shape[0]!;
        if (name === 'text encoder') return Promise.resolve({ encoding: answer(rows, 77, 768) });
        if (name === 'VAE decoder') return Promise.resolve({ image: answer(rows, 3, 512, 512) });
        calls++;
        return Promise.resolve({ prediction: answer(...feeds['x']!.shape) });
      },
      release: () => Promise.resolve(),
    };
    return work(session);
  },
};

/** Milliseconds of host work for each call of the denoiser, of a whole picture. */
async function measure(name: string): Promise<{ perStepMs: number; totalMs: number }> {
  const { sampler, schedule } = findSampler(name);
  const model = createModel({ parts, vae: vae.part, previewVae: undefined }, hands);
  calls = 0;
  const fromMs = performance.now();
  const run = generate(
    {
      prompt: 'a lighthouse on a (rocky:1.2) shore, evening light, oil painting',
      negativePrompt: 'blurry, low quality',
      sampler,
      schedule,
      steps: STEPS,
      cfgScale: 7,
      width: 512,
      height: 512,
      seeds: [{ seed: 1, subseed: 2 }],
      subseedStrength: 0,
      sampling: options.sampling,
      text: options.text,
    },
    model,
  );
  while ((await run.next()).done !== true);
  const totalMs = performance.now() - fromMs;
  return { perStepMs: totalMs / calls, totalMs };
}

const yardstick = await openYardstick();
const before = await yardstick.measure();
const rows: { name: string; totalMs: number; perStepMs: number }[] = [];
for (const name of SAMPLERS) {
  const runs = [];
  for (let i = 0; i < REPEATS; i++) runs.push(await measure(name));
  // The first run also translates the code.
  const [totalMs, perStepMs] = [runs.slice(1).map((run) => run.totalMs), runs.slice(1).map((run) => run.perStepMs)].map(
    median,
  );
  rows.push({ name, totalMs: totalMs!, perStepMs: perStepMs! });
}
const peak = (before + (await yardstick.measure())) / 2;
const stepMs = (1000 * STEP_FLOP) / peak;
console.log(`yardstick ${(peak / 1e9).toFixed(0)} GFLOP/s: a step takes at least ${(stepMs / 1000).toFixed(2)} s`);
console.log("| sampler | host work of a picture, ms | of its 20 steps at the yardstick's speed |\n|---|---|---|");
for (const { name, totalMs, perStepMs } of rows) {
  console.log(`| ${name} | ${totalMs.toFixed(0)} | ${((100 * perStepMs) / stepMs).toFixed(2)} % |`);
}
