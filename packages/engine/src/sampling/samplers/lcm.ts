import { combine } from '../arithmetic.ts';
import { createLcmTable } from '../lcm-table.ts';
import type { SigmaSampler } from '../sampler.ts';

/** For latent consistency models (Luo et al. 2023): jumps to the denoised latent and adds noise up to the next level. */
export const lcm: SigmaSampler = {
  kind: 'sigma',
  name: 'LCM',
  aliases: ['k_lcm'],
  adaptTable: createLcmTable,
  async *sample({ x: start, sigmas, denoise, noise }) {
    const steps = sigmas.length - 1;
    let x = start;
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      x = next > 0 ? combine([1, denoised], [next, noise()]) : denoised;
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
