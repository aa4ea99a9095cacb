import type { SigmaSampler } from '../sampler.ts';
import { churn } from '../steps/churn.ts';
import { heunStep } from '../steps/heun-step.ts';

/** Steps along the mean of the slopes at both ends: Karras et al. 2022, algorithm 2. */
export const heun: SigmaSampler = {
  kind: 'sigma',
  name: 'Heun',
  aliases: ['k_heun'],
  isSecondOrder: true,
  async *sample(run) {
    const { sigmas } = run;
    const steps = sigmas.length - 1;
    let { x } = run;
    for (let i = 0; i < steps; i++) {
      const start = churn(run, x, i);
      const done = await heunStep(run, start.x, start.sigma, sigmas[i + 1]!);
      x = done.x;
      yield { step: i + 1, steps, sigma: sigmas[i]!, x, denoised: done.denoised };
    }
    return x;
  },
};
