import { combine, derivative } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { churn } from '../steps/churn.ts';

/** Steps along the slope at the geometric middle: k-diffusion's sampler after DPM-Solver-2. */
export const dpm2: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM2',
  aliases: ['k_dpm_2'],
  automatic: 'karras',
  discardsNextToLastSigma: true,
  isSecondOrder: true,
  async *sample(run) {
    const { sigmas, denoise } = run;
    const steps = sigmas.length - 1;
    let { x } = run;
    for (let i = 0; i < steps; i++) {
      const next = sigmas[i + 1]!;
      const start = churn(run, x, i);
      const denoised = await denoise(start.x, start.sigma);
      let slope = derivative(start.x, start.sigma, denoised);
      if (next !== 0) {
        const middle = Math.sqrt(start.sigma * next);
        const middleX = combine([1, start.x], [middle - start.sigma, slope]);
        slope = derivative(middleX, middle, await denoise(middleX, middle));
      }
      x = combine([1, start.x], [next - start.sigma, slope]);
      yield { step: i + 1, steps, sigma: sigmas[i]!, x, denoised };
    }
    return x;
  },
};
