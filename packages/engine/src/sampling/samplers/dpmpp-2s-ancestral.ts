import { combine, roundingOf } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { ancestralStep } from '../steps/ancestral-step.ts';

/** DPM-Solver++(2S), ancestral: two calls in a step, the second at the geometric middle. */
export const dpmpp2sAncestral: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM++ 2S a',
  aliases: ['k_dpmpp_2s_a'],
  automatic: 'karras',
  usesSeedDelta: true,
  isSecondOrder: true,
  async *sample({ x: start, sigmas, denoise, noise, options }) {
    const steps = sigmas.length - 1;
    let x = start;
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      const { down, up } = ancestralStep(sigma, next, options.etaAncestral, roundingOf(x));
      if (down === 0) {
        x = denoised;
      } else {
        const middle = Math.sqrt(sigma * down);
        const middleX = combine([middle / sigma, x], [1 - middle / sigma, denoised]);
        x = combine([down / sigma, x], [1 - down / sigma, await denoise(middleX, middle)]);
      }
      if (next > 0) x = combine([1, x], [options.sNoise * up, noise()]);
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
