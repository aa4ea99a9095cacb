import { describe, expect, it } from 'vitest';
import { createGenerator } from '../../tensor/noise-generator.ts';
import { samplingDefaults } from '../options.ts';
import { predictions } from '../predictions/index.ts';
import type { SigmaSampler } from '../sampler.ts';
import { samplers } from './index.ts';

// The sums that diffusers' own tests expect of a model that answers x t/(t+1), with betas 0.0001 … 0.02 over 1100 steps.

const count = 4 * 3 * 8 * 8;
const trainedSteps = 1100;
const steps = 10;

/** 0 … 767, over 768, with the last of the axes [3, 8, 8, 4] moved to the front. */
const ramp = (at: (i: number) => number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => {
    const [image, rest] = [Math.floor(i / (count / 4)), i % (count / 4)];
    return at(rest * 4 + image) / count;
  });

const trained = (() => {
  let alpha = 1;
  return Array.from({ length: trainedSteps }, (_, i) => {
    alpha *= 1 - (0.0001 + ((0.02 - 0.0001) * i) / (trainedSteps - 1));
    return Math.sqrt((1 - alpha) / alpha);
  });
})();

const times = Array.from({ length: steps }, (_, i) => ((steps - 1 - i) * (trainedSteps - 1)) / (steps - 1));
const sigmas = [
  ...times.map((time) => {
    const [lower, share] = [Math.floor(time), time - Math.floor(time)];
    return trained[lower]! + share * ((trained[lower + 1] ?? 0) - trained[lower]!);
  }),
  0,
];

/** Diffusers' loop scales the latent itself at each step, so each step is a run of its own here. */
async function sumOfRun(
  sampler: SigmaSampler,
  prediction: (typeof predictions)[keyof typeof predictions],
  start: (sigma: number) => Float32Array,
  firstStep = 0,
): Promise<number> {
  const generator = createGenerator('cpu', 0);
  let x = start(sigmas[firstStep]!);
  for (let i = firstStep; i < steps; i++) {
    const [sigma, next, time] = [sigmas[i]!, sigmas[i + 1]!, times[i]!];
    const run = sampler.sample<Float32Array>({
      x: x.map((value) => value / Math.sqrt(sigma ** 2 + 1)),
      sigmas: Float32Array.of(sigma, next),
      span: { sigmaMin: 0, sigmaMax: 0, steps: 0 },
      denoise: async (seen) =>
        prediction.denoised(
          seen,
          seen.map((value) => (value * time) / (time + 1)),
          sigma,
        ),
      noise: () => (sampler === samplers.euler ? new Float32Array(count) : generator.normal(count)),
      brownian: () => new Float32Array(count),
      options: samplingDefaults,
    });
    let result = await run.next();
    while (result.done !== true) result = await run.next();
    x = result.value;
  }
  return x.reduce((sum, value) => sum + Math.abs(value), 0);
}

const fromPicture = (sigma: number): Float32Array => ramp((i) => i).map((value) => value * sigma);

describe("diffusers' dummy model", () => {
  it.each([
    ['Euler', samplers.euler, predictions.eps, 10.0807],
    ['Euler, v', samplers.euler, predictions.v, 0.0002],
    ['Euler a', samplers.eulerAncestral, predictions.eps, 152.3192],
    ['Euler a, v', samplers.eulerAncestral, predictions.v, 108.4439],
  ] as const)('GEN-11: %s', async (_, sampler, prediction, sum) => {
    expect(Math.abs((await sumOfRun(sampler, prediction, fromPicture)) - sum)).toBeLessThan(1e-2);
  });

  it('GEN-11: Euler a, the last two steps from a noisy picture', async () => {
    const noise = ramp((i) => count - 1 - i);
    const start = (sigma: number): Float32Array => fromPicture(sigmas[0]!).map((value, i) => value + noise[i]! * sigma);
    const sum = await sumOfRun(samplers.eulerAncestral, predictions.eps, start, steps - 2);
    expect(Math.abs(sum - 56163.0508)).toBeLessThan(1e-2);
  });
});
