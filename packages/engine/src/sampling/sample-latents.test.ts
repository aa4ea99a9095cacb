import { describe, expect, it } from 'vitest';
import { createGenerator } from '../tensor/noise-generator.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { buildSigmas } from './build-sigmas.ts';
import { findSampler } from './find-sampler.ts';
import type { ImageConditioning } from './guidance/conditioning.ts';
import type { Predict } from './guidance/guided-model.ts';
import { img2imgSteps } from './img2img-steps.ts';
import type { LatentRequest, LatentStep } from './latent-request.ts';
import { createBrownianNoise } from './noise/brownian-noise.ts';
import { batchSeeds } from './noise/image-noise.ts';
import { samplingDefaults, type SamplingOptions } from './options.ts';
import { predictions } from './predictions/index.ts';
import { sampleLatents, scheduledCalls } from './sample-latents.ts';
import { samplers } from './samplers/index.ts';
import { createSigmaTable } from './sigma-table.ts';

const shape = [4, 8, 8] as const;
const size = 256;
const table = createSigmaTable();

const textOf = (value: number): ImageConditioning['uncond'] => {
  const context: Tensor = { shape: [1, 1], data: Float32Array.of(value) };
  return { at: () => context };
};
const conditioning: ImageConditioning = { parts: [{ weight: 1, ...textOf(0.3) }], uncond: textOf(-0.2) };

/** A denoiser whose answer depends on the latent, the time and the text of a row, and on nothing else. */
const predict: Predict = async (x, times, context) => ({
  shape: x.shape,
  data: x.data.map((value, i) => {
    const row = Math.floor(i / size);
    return 0.9 * Math.tanh(value + context.data[row]!) + (0.1 * times[row]!) / 1000;
  }),
});

type Changes = Partial<Omit<LatentRequest, 'options'>> & { options?: Partial<SamplingOptions>; name?: string };

function request({ name = 'Euler', options = {}, ...changes }: Changes = {}): LatentRequest {
  const images = changes.seeds?.length ?? 1;
  return {
    model: { predict, prediction: predictions.eps },
    ...findSampler(name),
    steps: 4,
    cfgScale: 3,
    shape,
    seeds: batchSeeds({ seed: 7, subseed: 0 }, images, 0),
    conditioning: Array.from({ length: images }, () => conditioning),
    options: { ...samplingDefaults, ...options },
    ...changes,
  };
}

async function run(changes: Changes = {}): Promise<{ latent: Tensor; steps: LatentStep[] }> {
  const steps: LatentStep[] = [];
  const sampling = sampleLatents(request(changes));
  for (;;) {
    const { done, value } = await sampling.next();
    if (done === true) return { latent: value, steps };
    steps.push(value);
  }
}

const names = Object.values(samplers).map((sampler) => sampler.name);

describe('runs', () => {
  it.each(names)('GEN-02: %s: the same request gives the same bits, another seed others', async (name) => {
    const [one, again] = [await run({ name }), await run({ name })];
    expect(again.latent).toEqual(one.latent);
    const other = await run({ name, seeds: batchSeeds({ seed: 8, subseed: 0 }, 1, 0) });
    expect(other.latent.data).not.toEqual(one.latent.data);
    expect(one.latent.data.every(Number.isFinite)).toBe(true);
  });

  // DPM adaptive measures its error over the whole batch, so there the neighbours count, as in A1111.
  it.each(names.filter((name) => name !== 'DPM adaptive'))(
    'GEN-02: %s: an image of a batch is the one that its seed gives alone',
    async (name) => {
      const batch = await run({ name, seeds: batchSeeds({ seed: 7, subseed: 0 }, 3, 0) });
      expect(batch.latent.shape).toEqual([3, ...shape]);
      const alone = await run({ name, seeds: batchSeeds({ seed: 9, subseed: 0 }, 1, 0) });
      expect(batch.latent.data.subarray(2 * size)).toEqual(alone.latent.data);
    },
  );

  it('GEN-11: the joined name gives the picture of the two names', async () => {
    const joined = await run({ name: 'DPM++ 2M Karras', steps: 6 });
    const apart = await run({ ...findSampler('DPM++ 2M', 'karras'), steps: 6 });
    expect(joined.latent).toEqual(apart.latent);
    const other = await run({ name: 'DPM++ 2M Exponential', steps: 6 });
    expect(other.latent).not.toEqual(joined.latent);
  });

  it('GEN-11: Automatic is the schedule of the sampler', async () => {
    expect((await run({ name: 'DPM++ 2M' })).latent).toEqual((await run({ name: 'DPM++ 2M Karras' })).latent);
  });

  it('GEN-14: fractional CFG scales change the picture', async () => {
    const latents = await Promise.all([1, 1.5, 2.25, 7].map(async (cfgScale) => (await run({ cfgScale })).latent.data));
    for (let i = 1; i < latents.length; i++) expect(latents[i]).not.toEqual(latents[i - 1]);
  });

  it('GEN-14: at scale 1 each step looks once, with the result of looking twice', async () => {
    const rows: number[] = [];
    const counting: Predict = (x, times, context) => {
      rows.push(x.shape[0]!);
      return predict(x, times, context);
    };
    const model = { predict: counting, prediction: predictions.eps };
    const one = await run({ model, cfgScale: 1 });
    expect(rows).toEqual([1, 1, 1, 1]);
    const almost = await run({ model, cfgScale: 1 + 1e-5 });
    expect(rows.slice(4)).toEqual([2, 2, 2, 2]);
    one.latent.data.forEach((value, i) => expect(value).toBeCloseTo(almost.latent.data[i]!, 3));
  });

  it('GEN-02: Euler by hand', async () => {
    const sigmas = buildSigmas(samplers.euler, undefined, 4, table, samplingDefaults);
    let x: number[] = Array.from(createGenerator('nv', 7).normal(size), (value) => value * sigmas[0]!);
    for (let i = 0; i < 4; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const time = table.timeOf(sigma);
      x = x.map((value) => {
        const eps = (text: number) => 0.9 * Math.tanh(value / Math.sqrt(sigma ** 2 + 1) + text) + (0.1 * time) / 1000;
        return value + (eps(-0.2) + 3 * (eps(0.3) - eps(-0.2))) * (next - sigma);
      });
    }
    const { latent } = await run();
    latent.data.forEach((value, i) => expect(value).toBeCloseTo(x[i]!, 4));
  });

  it('GEN-02: starts from noise at the first noise level, or as generative-models scales it', async () => {
    const first = async (options: Partial<SamplingOptions>): Promise<number> => {
      let seen = NaN;
      const looking: Predict = (x, times, context) => {
        if (Number.isNaN(seen)) seen = x.data[0]!;
        return predict(x, times, context);
      };
      await run({ model: { predict: looking, prediction: predictions.eps }, options });
      return seen;
    };
    const [noise, sigma] = [createGenerator('nv', 7).normal(1)[0]!, table.sigmas[999]!];
    expect(await first({})).toBeCloseTo((noise * sigma) / Math.sqrt(sigma ** 2 + 1), 5);
    expect(await first({ sgmNoiseMultiplier: true })).toBeCloseTo(noise, 5);
  });

  it('GEN-02: a model of velocities gives the picture of the same model of noise', async () => {
    // v = (√ᾱ x - eps') with x in the variance-preserving scale; here from the eps of the same denoiser.
    const velocity: Predict = async (x, times, context) => {
      const { data } = await predict(x, times, context);
      return {
        shape: x.shape,
        data: data.map((eps, i) => {
          const sigma = table.sigmaOf(times[Math.floor(i / size)]!);
          const [alpha, noise] = [1 / Math.sqrt(sigma ** 2 + 1), sigma / Math.sqrt(sigma ** 2 + 1)];
          return (eps - noise * x.data[i]!) / alpha;
        }),
      };
    };
    const model = { predict: velocity, prediction: predictions.v };
    const [noise, v] = [await run(), await run({ model })];
    v.latent.data.forEach((value, i) => expect(value).toBeCloseTo(noise.latent.data[i]!, 3));
  });

  it('tells each step: its number, noise level, latent and preview', async () => {
    const { steps, latent } = await run();
    expect(steps.map(({ step, steps: all }) => [step, all])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(steps[0]!.sigma).toBeCloseTo(14.614643, 5);
    expect(steps.every(({ x, denoised }) => x.shape.join() === '1,4,8,8' && denoised.data.length === size)).toBe(true);
    expect(steps.at(-1)!.x).toEqual(latent);
  });

  it('GEN-02: schedules count twice the steps for two calls a step', () => {
    expect(scheduledCalls(samplers.heun, 20)).toBe(40);
    expect(scheduledCalls(samplers.euler, 20)).toBe(20);
    expect(scheduledCalls(samplers.plms, 20)).toBe(20);
  });
});

describe('options', () => {
  const base = { name: 'Euler a', steps: 6 };
  const differs = async (options: Partial<SamplingOptions>, changes: Changes = base): Promise<boolean> => {
    const [plain, changed] = [await run(changes), await run({ ...changes, options })];
    return plain.latent.data.some((value, i) => value !== changed.latent.data[i]);
  };

  it.each<[Partial<SamplingOptions>, Changes?]>([
    [{ randnSource: 'cpu' }],
    [{ etaNoiseSeedDelta: 31337 }],
    [{ etaAncestral: 0.5 }],
    [{ etaDdim: 0.5 }, { name: 'DDIM', steps: 6 }],
    [{ sChurn: 3 }, { name: 'Heun', steps: 6 }],
    [{ sNoise: 1.1 }, { name: 'DPM2 a', steps: 6 }],
    [{ sigmaMin: 0.1 }, { name: 'DPM++ 2M', steps: 6 }],
    [{ sigmaMax: 9 }, { name: 'DPM++ 2M', steps: 6 }],
    [{ rho: 5 }, { name: 'DPM++ 2M', steps: 6 }],
    [{ betaDistAlpha: 0.5 }, { name: 'Euler Beta', steps: 6 }],
    [{ betaDistBeta: 0.5 }, { name: 'Euler Beta', steps: 6 }],
    [{ alwaysDiscardNextToLastSigma: true }],
    [{ alwaysDiscardNextToLastSigma: true }, { name: 'DDIM', steps: 6 }],
    [{ useOldKarrasSchedulerSigmas: true }, { name: 'DPM++ 2M', steps: 6 }],
    [{ sgmNoiseMultiplier: true }],
    [{ sdNoiseSchedule: 'Zero Terminal SNR' }],
    [{ useDowncastedAlphaBar: true }],
    [{ enableQuantization: true }],
    [{ noDpmppSdeBatchDeterminism: true }, { name: 'DPM++ SDE', steps: 6 }],
    [{ sMinUncond: 3 }],
    [{ skipEarlyCond: 0.3 }],
    [{ uniPcVariant: 'bh2' }, { name: 'UniPC', steps: 6 }],
    [{ uniPcSkipType: 'logSNR' }, { name: 'UniPC', steps: 6 }],
    [{ uniPcOrder: 2 }, { name: 'UniPC', steps: 6 }],
    [{ uniPcLowerOrderFinal: false }, { name: 'UniPC', steps: 6 }],
  ])('GEN-02: %j changes the picture', async (options, changes) => {
    expect(await differs(options, changes)).toBe(true);
  });

  it('GEN-02: churn is limited to its range', async () => {
    const heun = { name: 'Heun', steps: 6 };
    expect(await differs({ sChurn: 3, sTmin: 100 }, heun)).toBe(false);
    expect(await differs({ sChurn: 3, sTmax: 0.001 }, heun)).toBe(false);
    expect(await differs({ sChurn: 3, sTmin: 1, sTmax: 5 }, heun)).toBe(true);
  });

  it('GEN-02: ENSD leaves the start noise alone', async () => {
    expect(await differs({ etaNoiseSeedDelta: 31337 }, { name: 'DPM++ 2M', steps: 6 })).toBe(false);
    expect(await differs({ etaNoiseSeedDelta: 31337 }, { name: 'DPM++ SDE', steps: 6 })).toBe(false);
  });

  it('GEN-02: a variation changes the picture little by little', async () => {
    const seeds = batchSeeds({ seed: 7, subseed: 99 }, 1, 0.1);
    const at = async (subseedStrength: number) => (await run({ seeds, subseedStrength })).latent.data;
    const [none, little, more] = [await at(0), await at(0.1), await at(0.5)];
    const distance = (a: Float32Array) => Math.hypot(...a.map((value, i) => value - none[i]!));
    expect(none).toEqual((await run()).latent.data);
    expect(distance(little)).toBeGreaterThan(0);
    expect(distance(more)).toBeGreaterThan(distance(little));
  });

  it('GEN-02: seed resize', async () => {
    const resized = await run({ resizedFrom: [6, 6] });
    expect(resized.latent.data).not.toEqual((await run()).latent.data);
    expect((await run({ resizedFrom: [8, 8] })).latent).toEqual((await run()).latent);
  });
});

describe('from a picture', () => {
  const latent = createGenerator('cpu', 3).normal(size);
  const at = (strength: number, rest: Changes = {}) => run({ steps: 10, start: { latent, strength }, ...rest });

  it('runs the share of the steps that the strength names', async () => {
    expect(img2imgSteps(20, 0.75, false)).toEqual({ scheduleSteps: 20, encodeSteps: 15 });
    expect(img2imgSteps(20, 1, false)).toEqual({ scheduleSteps: 20, encodeSteps: 19 });
    expect(img2imgSteps(20, 0.5, true)).toEqual({ scheduleSteps: 40, encodeSteps: 19 });
    expect(img2imgSteps(20, 0, true)).toEqual({ scheduleSteps: 20, encodeSteps: 0 });
    expect((await at(0.5)).steps).toHaveLength(6);
    expect((await at(0.5, { options: { img2imgFixSteps: true } })).steps).toHaveLength(10);
    expect((await at(0.5, { start: { latent, strength: 0.5, isHires: true } })).steps).toHaveLength(10);
    // t_enc of 5 leaves four steps of DDIM, whose first time is never run.
    expect((await at(0.5, { name: 'DDIM' })).steps).toHaveLength(4);
    expect((await at(0.5, { name: 'UniPC' })).steps).toHaveLength(5);
  });

  it('a weaker change stays nearer to the picture', async () => {
    const distance = async (strength: number, name: string) =>
      Math.hypot(...(await at(strength, { name, cfgScale: 1 })).latent.data.map((value, i) => value - latent[i]!));
    for (const name of ['Euler', 'DPM++ 2M Karras', 'DDIM']) {
      expect(await distance(0.2, name)).toBeLessThan(await distance(0.9, name));
    }
  });

  it('begins with picture + noise at the level of the first step that is run', async () => {
    const seen: Float32Array[] = [];
    const looking: Predict = (x, times, context) => {
      seen.push(x.data.slice(0, size));
      return predict(x, times, context);
    };
    const options = { initialNoiseMultiplier: 1.25, img2imgExtraNoise: 0.5 };
    await at(0.5, { model: { predict: looking, prediction: predictions.eps }, options });
    const sigma = buildSigmas(samplers.euler, undefined, 10, table, samplingDefaults)[4]!;
    const noise = createGenerator('nv', 7).normal(size);
    seen[0]!.forEach((value, i) => {
      const x = latent[i]! + (sigma + 0.5) * 1.25 * noise[i]!;
      expect(value).toBeCloseTo(x / Math.sqrt(sigma ** 2 + 1), 5);
    });
  });

  it('over time steps, begins with noise for one step higher than it samples from', async () => {
    const seen: { x: Float32Array; time: number }[] = [];
    const looking: Predict = (x, times, context) => {
      seen.push({ x: x.data.slice(0, size), time: times[0]! });
      return predict(x, times, context);
    };
    const options = { initialNoiseMultiplier: 1.25, img2imgExtraNoise: 0.5 };
    await at(0.5, { name: 'DDIM', model: { predict: looking, prediction: predictions.eps }, options });
    // Times 1, 101, … 901; five of ten steps.
    expect(seen.map(({ time }) => time)).toEqual([401, 301, 201, 101]);
    const alpha = table.alphasCumprod[501]!;
    const noise = createGenerator('nv', 7).normal(size);
    seen[0]!.x.forEach((value, i) => {
      const scale = Math.sqrt(1 - alpha) + 0.5 * Math.sqrt(alpha);
      expect(value).toBeCloseTo(Math.sqrt(alpha) * latent[i]! + scale * 1.25 * noise[i]!, 5);
    });
  });

  it('the second pass of a hires run leaves the noise multiplier alone', async () => {
    const hires = { latent, strength: 0.5, isHires: true };
    const [plain, multiplied] = [
      await at(0.5, { start: hires }),
      await at(0.5, { start: hires, options: { initialNoiseMultiplier: 1.25 } }),
    ];
    expect(multiplied.latent).toEqual(plain.latent);
  });

  it('a sampler that chooses its noise levels goes from the first to the next-to-last of the rest', async () => {
    const { steps } = await at(0.5, { name: 'DPM fast' });
    const sigmas = buildSigmas(samplers.dpmFast, undefined, 10, table, samplingDefaults);
    // Six calls: orders 3, 2, 1.
    expect(steps).toHaveLength(3);
    expect(steps[0]!.sigma).toBeCloseTo(sigmas[4]!, 5);
    const whole = await run({ name: 'DPM fast', steps: 10 });
    expect(whole.steps[0]!.sigma).toBeCloseTo(table.sigmas[999]!, 4);
  });

  it('walks the Brownian path of the whole schedule', async () => {
    const sigmas = buildSigmas(samplers.dpmpp2mSde, undefined, 10, table, samplingDefaults);
    const path = createBrownianNoise({ seeds: [7n], source: 'nv', count: size, sigmas, shared: false });
    const { steps } = await at(0.5, { name: 'DPM++ 2M SDE', cfgScale: 1 });
    const [sigma, next] = [sigmas[4]!, sigmas[5]!];
    const noise = path(sigma, next);
    const first = createGenerator('nv', 7).normal(size);
    const start = latent.map((value, i) => value + sigma * first[i]!);
    const width = Math.log(sigma / next);
    steps[0]!.x.data.forEach((value, i) => {
      const deterministic =
        (next / sigma) * Math.exp(-width) * start[i]! - Math.expm1(-2 * width) * steps[0]!.denoised.data[i]!;
      expect(value).toBeCloseTo(deterministic + noise[i]! * next * Math.sqrt(-Math.expm1(-2 * width)), 4);
    });
  });

  it.each(['Euler', 'DPM++ SDE', 'DPM fast', 'DPM adaptive', 'Restart', 'LCM', 'DDIM', 'PLMS', 'UniPC'])(
    '%s: the kept part of a picture stays as it is',
    async (name) => {
      const keep = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : 0));
      const { latent: found } = await at(0.6, { name, start: { latent, strength: 0.6, mask: { latent, keep } } });
      const isKept = (_: number, i: number) => keep[i % 64] === 1;
      expect(found.data.filter(isKept)).toEqual(latent.filter(isKept));
      expect(found.data.filter((value, i) => value !== latent[i]).length).toBeGreaterThan(size / 4);
    },
  );
});

describe('trouble', () => {
  it('stops within one call when it is cancelled', async () => {
    const controller = new AbortController();
    let calls = 0;
    const cancelling: Predict = (x, times, context) => {
      if (++calls === 3) controller.abort();
      return predict(x, times, context);
    };
    const model = { predict: cancelling, prediction: predictions.eps };
    await expect(run({ name: 'Heun', steps: 20, model, signal: controller.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(calls).toBe(3);
  });

  it('names the step at which a result is not a number', async () => {
    let calls = 0;
    const failing: Predict = async (x, times, context) => {
      const result = await predict(x, times, context);
      if (++calls === 3) result.data[5] = NaN;
      return result;
    };
    await expect(run({ model: { predict: failing, prediction: predictions.eps } })).rejects.toThrow(
      /^step 3, denoiser/,
    );
  });

  it('refuses what does not fit together', async () => {
    await expect(run({ conditioning: [] })).rejects.toThrow(/prompts of a batch/);
    await expect(run({ start: { latent: new Float32Array(3), strength: 0.5 } })).rejects.toThrow(
      /latent to start from/,
    );
    await expect(run({ start: { latent: new Float32Array(size), strength: 2 } })).rejects.toThrow(/denoising strength/);
    await expect(run({ steps: 0 })).rejects.toThrow(/steps/);
    await expect(run({ steps: 2000, name: 'DDIM' })).rejects.toThrow(/from 1 to 1000/);
  });
});
