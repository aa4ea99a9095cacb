import { describe, expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/samplers.json' with { type: 'json' };
import { buildSigmas, buildTimesteps } from '../build-sigmas.ts';
import { createLcmTable } from '../lcm-table.ts';
import { createBrownianNoise } from '../noise/brownian-noise.ts';
import { ImageNoise } from '../noise/image-noise.ts';
import { samplingDefaults, type SamplingOptions } from '../options.ts';
import type { SamplerSteps, SigmaSampler } from '../sampler.ts';
import { schedules } from '../schedules/index.ts';
import { createSigmaTable, type SigmaTable } from '../sigma-table.ts';
import { samplers } from './index.ts';

// Runs in float32 against k-diffusion and other originals: see tests/oracles/samplers.py.

const { fround, tanh, cos } = Math;
const table = createSigmaTable();
const count = 4 * 8 * 8;

const decode = (text: string): Float32Array => {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

function startNoise(): ImageNoise {
  const seeds = fixture.seeds.map((seed) => ({ seed, subseed: 0 }));
  return new ImageNoise({ seeds, source: 'nv', shape: [4, 8, 8], subseedStrength: 0, seedDelta: 0 });
}

async function finish(steps: SamplerSteps<Float32Array>): Promise<Float32Array> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return value;
  }
}

/** The denoiser of the known answers, each operation in float32. */
const denoise = async (x: Float32Array, exactSigma: number): Promise<Float32Array> => {
  const sigma = fround(exactSigma);
  const divisor = fround(1 + fround(sigma * sigma));
  return x.map((value) =>
    fround(fround(fround(0.8) * fround(tanh(fround(value / divisor)))) + fround(fround(0.1) * fround(cos(value)))),
  );
};

const noiseSeen = (x: Float32Array, time: number): Float32Array =>
  x.map((value) => {
    const angle = fround(fround(value * fround(time)) / 1000);
    return fround(fround(fround(0.9) * fround(tanh(value))) + fround(fround(0.1) * fround(cos(angle))));
  });

/** The larger of ‖found - recorded‖ / ‖recorded‖ over the recorded places, and the relative difference of the norms. */
function relativeError(found: Float32Array, recorded: { values: string; norm: number }): number {
  const values = decode(recorded.values);
  let [error, size, norm] = [0, 0, 0];
  values.forEach((value, i) => {
    error += (found[5 + 16 * i]! - value) ** 2;
    size += value ** 2;
  });
  for (const value of found) norm += value ** 2;
  return Math.max(Math.sqrt(error / size), Math.abs(Math.sqrt(norm) / recorded.norm - 1));
}

function runSigma(
  sampler: SigmaSampler,
  sigmas: Float32Array,
  steps: number,
  options: SamplingOptions,
): Promise<Float32Array> {
  const noise = startNoise();
  const first = noise.first();
  const brownian = createBrownianNoise({ seeds: fixture.seeds, source: 'cpu', count, sigmas, shared: false });
  return finish(
    sampler.sample<Float32Array>({
      x: first.map((value) => value * sigmas[0]!),
      sigmas,
      span: { sigmaMin: table.sigmas[0]!, sigmaMax: table.sigmas[999]!, steps },
      denoise,
      noise: () => noise.next(),
      brownian,
      options,
    }),
  );
}

const sigmaSampler = (name: string): SigmaSampler => {
  const sampler = samplers[name as keyof typeof samplers];
  if (sampler.kind === 'timestep') throw new Error(name);
  return sampler;
};

describe('noise levels', () => {
  const recorded = Object.entries(fixture.levels).flatMap(([schedule, bySteps]) =>
    Object.entries(bySteps).map(
      ([steps, levels]) => [schedule as keyof typeof schedules, Number(steps), levels] as const,
    ),
  );
  it.each(recorded)('GEN-11: %s, %i steps', (schedule, steps, levels) => {
    expect(buildSigmas(samplers.euler, schedules[schedule], steps, table, samplingDefaults)).toEqual(decode(levels));
  });
});

describe('each sampler with each schedule, 4 to 50 steps', () => {
  it.each(fixture.sigmaRuns)('GEN-11: $sampler, $schedule, $steps steps', async (recorded) => {
    const [name, churn] = recorded.sampler.split(' churn ') as [string, string?];
    const options = { ...samplingDefaults, sChurn: Number(churn ?? 0) };
    const sampler = sigmaSampler(name);
    const schedule = schedules[recorded.schedule as keyof typeof schedules];
    const sigmas = buildSigmas(sampler, schedule, recorded.steps, table, options);
    const found = await runSigma(sampler, sigmas, recorded.steps, options);
    expect(relativeError(found, recorded)).toBeLessThan(1e-5);
  });

  it.each(fixture.timestepRuns)('GEN-11: $sampler, $options, $steps steps', async (recorded) => {
    const sampler = samplers[recorded.sampler as keyof typeof samplers];
    if (sampler.kind === 'sigma') throw new Error(sampler.name);
    const options = { ...samplingDefaults, ...(recorded.options as Partial<SamplingOptions>) };
    const noise = startNoise();
    const found = await finish(
      sampler.sample<Float32Array>({
        x: noise.first(),
        timesteps: buildTimesteps(recorded.steps, options),
        alphasCumprod: table.alphasCumprod,
        isImg2img: false,
        predict: async (x, time) => {
          const eps = noiseSeen(x, time);
          return { eps, uncondEps: eps.map((value) => fround(0.8) * value) };
        },
        noise: () => noise.next(),
        options,
      }),
    );
    expect(relativeError(found, recorded)).toBeLessThan(1e-5);
  });

  it.each(fixture.lcmRuns)('GEN-11: LCM, $steps steps', async (recorded) => {
    const lcm: SigmaTable = createLcmTable(table);
    const sigmas = buildSigmas(samplers.lcm, undefined, recorded.steps, lcm, samplingDefaults);
    expect([...sigmas.subarray(0, -1)].map(lcm.timeOf)).toEqual(recorded.times);
    const noise = startNoise();
    const first = noise.first();
    const found = await finish(
      samplers.lcm.sample<Float32Array>({
        x: first.map((value) => value * sigmas[0]!),
        sigmas,
        span: { sigmaMin: 0, sigmaMax: 0, steps: 0 },
        denoise: async (x, sigma) => {
          const time = lcm.timeOf(sigma);
          const shares = lcm.boundary!(time);
          const eps = noiseSeen(
            x.map((value) => value / Math.sqrt(sigma ** 2 + 1)),
            time,
          );
          return x.map((value, i) => shares.result * (value - sigma * eps[i]!) + shares.input * value);
        },
        noise: () => noise.next(),
        brownian: () => new Float32Array(first.length),
        options: samplingDefaults,
      }),
    );
    expect(relativeError(found, recorded)).toBeLessThan(1e-5);
  });
});
