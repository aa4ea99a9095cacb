import { combine, derivative, roundingOf } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { ancestralStep } from '../steps/ancestral-step.ts';

/** DPM2's step to below the next noise level, and fresh noise up to it. */
export const dpm2Ancestral: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM2 a',
  aliases: ['k_dpm_2_a'],
  automatic: 'karras',
  discardsNextToLastSigma: true,
  usesSeedDelta: true,
  isSecondOrder: true,
  async *sample({ x: start, sigmas, denoise, noise, options }) {
    const steps = sigmas.length - 1;
    let x = start;
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      const { down, up } = ancestralStep(sigma, next, options.etaAncestral, roundingOf(x));
      const slope = derivative(x, sigma, denoised);
      if (down === 0) {
        x = combine([1, x], [-sigma, slope]);
      } else {
        const middle = Math.sqrt(sigma * down);
        const middleX = combine([1, x], [middle - sigma, slope]);
        const middleSlope = derivative(middleX, middle, await denoise(middleX, middle));
        x = combine([1, x], [down - sigma, middleSlope], [options.sNoise * up, noise()]);
      }
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
