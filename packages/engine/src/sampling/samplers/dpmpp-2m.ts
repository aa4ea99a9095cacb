import { combine, type Values } from '../arithmetic.ts';
import type { SamplerSteps, SigmaRun, SigmaSampler } from '../sampler.ts';

/** DPM-Solver++(2M): Lu et al. 2022, algorithm 2; extrapolates from the denoised latent of the step before. */
export const dpmpp2m: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM++ 2M',
  aliases: ['k_dpmpp_2m'],
  automatic: 'karras',
  async *sample<V extends Values>({ x: start, sigmas, denoise }: SigmaRun<V>): SamplerSteps<V> {
    const steps = sigmas.length - 1;
    let x = start;
    let before: V | undefined;
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      let target = denoised;
      if (before !== undefined && next !== 0) {
        const ratio = Math.log(sigmas[i - 1]! / sigma) / Math.log(sigma / next);
        target = combine([1 + 1 / (2 * ratio), denoised], [-1 / (2 * ratio), before]);
      }
      x = combine([next / sigma, x], [1 - next / sigma, target]);
      before = denoised;
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
