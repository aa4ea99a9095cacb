import { combine, roundingOf, type Values } from '../arithmetic.ts';
import type { SamplerSteps, TimestepRun } from '../sampler.ts';

/** What the guided model sees at a time step: see `TimestepRun.predict`. */
type Prediction<V extends Values> = Awaited<ReturnType<TimestepRun<V>['predict']>>;

/**
 * DDIM's way through the time steps: Song et al. 2020, (12).
 * @param directionOf along which noise the latent goes back to the next level.
 */
export async function* ddimSteps<V extends Values>(
  run: TimestepRun<V>,
  directionOf: (prediction: Prediction<V>) => V,
): SamplerSteps<V> {
  const { timesteps, alphasCumprod, options } = run;
  const steps = timesteps.length - 1;
  let { x } = run;
  for (let i = steps; i >= 1; i--) {
    const [from, to] = [alphasCumprod[timesteps[i]!]!, alphasCumprod[timesteps[i - 1]!]!];
    const prediction = await run.predict(x, timesteps[i]!);
    const noiseLevel = options.etaDdim * Math.sqrt(((1 - to) / (1 - from)) * (1 - from / to));
    const denoised = removeNoise(x, from, prediction.eps);
    x = addNoise(denoised, to, directionOf(prediction), noiseLevel);
    x = combine([1, x], [noiseLevel, run.noise()]);
    yield { step: steps - i + 1, steps, sigma: sigmaOfAlpha(from), x, denoised };
  }
  return x;
}

/** The picture in a latent at ᾱ = `alpha`, given its noise. */
export function removeNoise<V extends Values>(x: V, alpha: number, eps: V): V {
  const root = roundingOf(x)(Math.sqrt(alpha));
  const denoised = combine([1, x], [-Math.sqrt(1 - alpha), eps]);
  for (let i = 0; i < denoised.length; i++) denoised[i]! /= root;
  return denoised;
}

/** A picture with noise up to ᾱ = `alpha`, of which `missing` is still to be added. */
export function addNoise<V extends Values>(denoised: V, alpha: number, eps: V, missing = 0): V {
  return combine([Math.sqrt(alpha), denoised], [Math.sqrt(1 - alpha - missing ** 2), eps]);
}

/** Noise level σ that belongs to an ᾱ. */
export const sigmaOfAlpha = (alpha: number): number => Math.sqrt((1 - alpha) / alpha);
