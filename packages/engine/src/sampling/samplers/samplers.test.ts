import { describe, expect, it } from 'vitest';
import type { Values } from '../arithmetic.ts';
import { buildSigmas } from '../build-sigmas.ts';
import { createLcmTable } from '../lcm-table.ts';
import { samplingDefaults, type SamplingOptions } from '../options.ts';
import type { SamplerStep, SamplerSteps, SigmaSampler, TimestepSampler } from '../sampler.ts';
import { createSigmaTable } from '../sigma-table.ts';
import { samplers } from './index.ts';

// The known answers: one number in float64, through formulas that anyone can repeat.

async function finish<V extends Values>(steps: SamplerSteps<V>): Promise<{ result: V; steps: SamplerStep<V>[] }> {
  const seen: SamplerStep<V>[] = [];
  for (;;) {
    const { done, value } = await steps.next();
    if (done === true) return { result: value, steps: seen };
    seen.push(value);
  }
}

/** Karras' levels in float64. */
const karras = (count: number): number[] => {
  const [low, high] = [0.03 ** (1 / 7), 14.6 ** (1 / 7)];
  return [...Array.from({ length: count }, (_, i) => (high + (i / (count - 1)) * (low - high)) ** 7), 0];
};

async function runSigma(sampler: SigmaSampler, steps: number, options: Partial<SamplingOptions> = {}) {
  let draws = 0;
  let calls = 0;
  const noise = (): Float64Array => Float64Array.of(Math.sin(1.7 * ++draws));
  const { result } = await finish(
    sampler.sample<Float64Array>({
      x: Float64Array.of(7.3),
      sigmas: karras(steps),
      span: { sigmaMin: 0.03, sigmaMax: 14.6, steps },
      denoise: async (x, sigma) => {
        calls++;
        return x.map((value) => 0.8 * Math.tanh(value / (1 + sigma ** 2)) + 0.1 * Math.cos(value));
      },
      noise,
      brownian: noise,
      options: { ...samplingDefaults, ...options },
    }),
  );
  return { value: result[0]!, draws, calls };
}

describe('known answers over noise levels', () => {
  const cases: readonly [sampler: SigmaSampler, steps: number, options: Partial<SamplingOptions>, answer: number][] = [
    [samplers.euler, 8, {}, 0.3907794823],
    [samplers.euler, 8, { sChurn: 5 }, 0.3098049575],
    [samplers.heun, 8, {}, 0.4149521124],
    [samplers.heun, 8, { sChurn: 5 }, 0.3919287518],
    [samplers.dpm2, 8, {}, 0.4169379969],
    [samplers.lms, 8, {}, 0.4069938771],
    [samplers.eulerAncestral, 8, {}, 0.3112471331],
    [samplers.dpm2Ancestral, 8, {}, 0.3740569768],
    [samplers.dpmpp2sAncestral, 8, {}, 0.3434054348],
    [samplers.dpmpp2m, 8, {}, 0.4335466985],
    [samplers.dpmppSde, 8, {}, 0.3206531321],
    [samplers.dpmpp2mSde, 8, {}, 0.4192105663],
    [samplers.dpmpp2mSdeHeun, 8, {}, 0.4684753776],
    [samplers.dpmpp3mSde, 8, {}, 0.469787237],
    [samplers.dpmFast, 8, {}, -0.1718569747],
    [samplers.dpmFast, 9, { etaAncestral: 0 }, 0.4422716409],
    [samplers.dpmAdaptive, 8, {}, 0.3327214751],
    [samplers.dpmAdaptive, 8, { etaAncestral: 0 }, 0.4209688067],
    [samplers.restart, 20, {}, 0.4753674456],
    [samplers.restart, 36, {}, 0.3130705586],
  ];
  it.each(cases.map(([sampler, ...rest]) => [sampler.name, sampler, ...rest] as const))(
    'GEN-11: %s',
    async (_, sampler, steps, options, answer) => {
      expect(Math.abs((await runSigma(sampler, steps, options)).value - answer)).toBeLessThan(1e-7);
    },
  );
});

describe('draws and calls', () => {
  const cases: readonly [
    sampler: SigmaSampler,
    steps: number,
    options: Partial<SamplingOptions>,
    draws: number,
    calls: number,
  ][] = [
    // One draw before each call, even if nothing is added.
    [samplers.euler, 8, {}, 8, 8],
    [samplers.heun, 8, {}, 8, 15],
    [samplers.dpm2, 8, {}, 8, 15],
    // None after the last step, which ends at 0.
    [samplers.eulerAncestral, 8, {}, 7, 8],
    [samplers.dpm2Ancestral, 8, {}, 7, 15],
    [samplers.dpmpp2sAncestral, 8, {}, 7, 15],
    [samplers.lcm, 8, {}, 7, 8],
    [samplers.dpmppSde, 8, {}, 14, 15],
    [samplers.dpmpp2mSde, 8, {}, 7, 8],
    [samplers.dpmpp2mSde, 8, { etaAncestral: 0 }, 0, 8],
    [samplers.dpmpp3mSde, 8, {}, 7, 8],
    [samplers.lms, 8, {}, 0, 8],
    [samplers.dpmpp2m, 8, {}, 0, 8],
    // One after each of the intervals of orders 3, 3, 2.
    [samplers.dpmFast, 8, {}, 3, 8],
    [samplers.dpmAdaptive, 8, {}, 11, 48],
    // Up and down again once: 11 + 9 steps and one draw.
    [samplers.restart, 20, {}, 1, 39],
    [samplers.restart, 36, {}, 2, 71],
    [samplers.restart, 19, {}, 0, 37],
  ];
  it.each(cases.map(([sampler, ...rest]) => [sampler.name, sampler, ...rest] as const))(
    'GEN-02: %s',
    async (_, sampler, steps, options, draws, calls) => {
      expect(await runSigma(sampler, steps, options)).toMatchObject({ draws, calls });
    },
  );
});

const table = createSigmaTable();
const eightTimes = [1, 126, 251, 376, 501, 626, 751, 876];

async function runTimesteps(sampler: TimestepSampler, options: Partial<SamplingOptions> = {}) {
  const times: number[] = [];
  let draws = 0;
  const { result } = await finish(
    sampler.sample<Float64Array>({
      x: Float64Array.of(0.5),
      timesteps: eightTimes,
      alphasCumprod: table.alphasCumprod,
      isImg2img: false,
      predict: async (x, time) => {
        times.push(time);
        const eps = x.map((value) => 0.9 * Math.tanh(value) + 0.1 * Math.cos((value * time) / 1000));
        return { eps, uncondEps: eps.map((value) => 0.8 * value) };
      },
      noise: () => Float64Array.of(Math.sin(1.7 * ++draws)),
      options: { ...samplingDefaults, ...options },
    }),
  );
  return { value: result[0]!, times, draws };
}

describe('known answers over time steps', () => {
  const cases: readonly [sampler: TimestepSampler, options: Partial<SamplingOptions>, answer: number][] = [
    [samplers.ddim, {}, 0.1726115297],
    [samplers.ddim, { etaDdim: 0.5 }, 0.2406762247],
    [samplers.ddimCfgpp, {}, -0.041364068],
    [samplers.plms, {}, 0.2003638611],
  ];
  it.each(cases.map(([sampler, ...rest]) => [sampler.name, sampler, ...rest] as const))(
    'GEN-11: %s',
    async (_, sampler, options, answer) => {
      expect(Math.abs((await runTimesteps(sampler, options)).value - answer)).toBeLessThan(1e-7);
    },
  );

  it.each<[Partial<SamplingOptions>, number]>([
    [{ uniPcVariant: 'bh1' }, 0.183785],
    [{ uniPcVariant: 'bh2' }, 0.181873],
    [{ uniPcVariant: 'vary_coeff' }, 0.175752],
    [{ uniPcVariant: 'bh1', uniPcSkipType: 'logSNR' }, 0.200341],
  ])('GEN-11: UniPC with %j', async (options, answer) => {
    // These were recorded with six digits.
    expect((await runTimesteps(samplers.unipc, options)).value).toBeCloseTo(answer, 6);
  });

  it('GEN-02: PLMS makes one call more, DDIM leaves the first time out, UniPC begins at pure noise', async () => {
    expect((await runTimesteps(samplers.plms)).times).toEqual([876, 751, 751, 626, 501, 376, 251, 126]);
    expect((await runTimesteps(samplers.ddim)).times).toEqual([876, 751, 626, 501, 376, 251, 126]);
    const { times } = await runTimesteps(samplers.unipc);
    expect(times).toHaveLength(8);
    expect(times[0]).toBe(999);
  });

  it('GEN-02: DDIM draws noise in each step, even with eta 0; PLMS and UniPC none', async () => {
    expect((await runTimesteps(samplers.ddim)).draws).toBe(7);
    expect((await runTimesteps(samplers.plms)).draws).toBe(0);
    expect((await runTimesteps(samplers.unipc)).draws).toBe(0);
  });

  it('UniPC refuses fewer steps than its order', async () => {
    await expect(runTimesteps(samplers.unipc, { uniPcOrder: 9 })).rejects.toThrow(/at least 9 steps/);
  });
});

it('GEN-11: LCM on its own table', async () => {
  const lcm = createLcmTable(table);
  const sigmas = buildSigmas(samplers.lcm, undefined, 4, lcm, samplingDefaults);
  expect([...sigmas].map((sigma) => Number(sigma.toFixed(6)))).toEqual([14.614643, 2.991056, 0.972826, 0.134451, 0]);
  const times: number[] = [];
  let draws = 0;
  const { result } = await finish(
    samplers.lcm.sample<Float64Array>({
      x: Float64Array.of(7.3),
      sigmas,
      span: { sigmaMin: 0.03, sigmaMax: 14.6, steps: 4 },
      denoise: async (x, sigma) => {
        const time = lcm.timeOf(sigma);
        times.push(time);
        const shares = lcm.boundary!(time);
        return x.map((value) => {
          const input = value / Math.sqrt(sigma ** 2 + 1);
          const eps = 0.9 * Math.tanh(input) + 0.1 * Math.cos((input * time) / 1000);
          return shares.result * (value - sigma * eps) + shares.input * value;
        });
      },
      noise: () => Float64Array.of(Math.sin(1.7 * ++draws)),
      brownian: () => Float64Array.of(NaN),
      options: samplingDefaults,
    }),
  );
  expect(times).toEqual([999, 679, 339, 19]);
  expect(result[0]).toBeCloseTo(-0.0451553, 7);
});

it.each(Object.values(samplers))('$name counts its steps from 1 to the end', async (sampler) => {
  const x = Float32Array.of(0.5, -0.25);
  const steps =
    sampler.kind === 'sigma'
      ? sampler.sample<Float32Array>({
          x,
          sigmas: Float32Array.from(karras(10)),
          span: { sigmaMin: 0.03, sigmaMax: 14.6, steps: 10 },
          denoise: async (value) => value.map(Math.tanh),
          noise: () => Float32Array.of(0.1, -0.2),
          brownian: () => Float32Array.of(0.2, -0.1),
          options: samplingDefaults,
        })
      : sampler.sample<Float32Array>({
          x,
          timesteps: eightTimes,
          alphasCumprod: table.alphasCumprod,
          isImg2img: false,
          predict: async (value) => ({ eps: value.map(Math.tanh), uncondEps: value }),
          noise: () => Float32Array.of(0.1, -0.2),
          options: samplingDefaults,
        });
  const run = await finish(steps);
  expect(run.steps.map(({ step }) => step)).toEqual(run.steps.map((_, i) => i + 1));
  const last = run.steps.at(-1)!;
  expect(last.step).toBe(last.steps);
  expect(last.x).toBe(run.result);
  expect(run.result).toBeInstanceOf(Float32Array);
  expect(x).toEqual(Float32Array.of(0.5, -0.25));
});
