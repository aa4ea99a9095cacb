import { combine, derivative } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { churn } from '../steps/churn.ts';

/** Straight steps along the slope: Karras et al. 2022, algorithm 2, without its second order. */
export const euler: SigmaSampler = {
  kind: 'sigma',
  name: 'Euler',
  aliases: ['k_euler'],
  async *sample(run) {
    const { sigmas, denoise } = run;
    const steps = sigmas.length - 1;
    let { x } = run;
    for (let i = 0; i < steps; i++) {
      const start = churn(run, x, i);
      const denoised = await denoise(start.x, start.sigma);
      const slope = derivative(start.x, start.sigma, denoised);
      x = combine([1, start.x], [sigmas[i + 1]! - start.sigma, slope]);
      yield { step: i + 1, steps, sigma: sigmas[i]!, x, denoised };
    }
    return x;
  },
};
