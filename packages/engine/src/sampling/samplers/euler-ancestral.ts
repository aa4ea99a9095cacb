import { combine, derivative, roundingOf } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { ancestralStep } from '../steps/ancestral-step.ts';

/** Euler's step to below the next noise level, and fresh noise up to it. */
export const eulerAncestral: SigmaSampler = {
  kind: 'sigma',
  name: 'Euler a',
  aliases: ['k_euler_a', 'k_euler_ancestral'],
  usesSeedDelta: true,
  async *sample({ x: start, sigmas, denoise, noise, options }) {
    const steps = sigmas.length - 1;
    let x = start;
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      const { down, up } = ancestralStep(sigma, next, options.etaAncestral, roundingOf(x));
      x = combine([1, x], [down - sigma, derivative(x, sigma, denoised)]);
      if (next > 0) x = combine([1, x], [up, noise()]);
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
