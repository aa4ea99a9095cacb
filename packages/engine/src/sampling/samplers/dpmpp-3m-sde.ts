import { combine, type Values } from '../arithmetic.ts';
import type { SamplerSteps, SigmaRun, SigmaSampler } from '../sampler.ts';

/** DPM-Solver++(3M) for the stochastic equation, by Katherine Crowson: a parabola through three denoised latents. */
export const dpmpp3mSde: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM++ 3M SDE',
  aliases: ['k_dpmpp_3m_sde'],
  automatic: 'exponential',
  discardsNextToLastSigma: true,
  usesBrownian: true,
  async *sample<V extends Values>({ x: start, sigmas, denoise, brownian, options }: SigmaRun<V>): SamplerSteps<V> {
    const eta = options.etaAncestral;
    const steps = sigmas.length - 1;
    let x = start;
    /** The steps before, newest first. */
    let history: { readonly denoised: V; readonly width: number }[] = [];
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      if (next === 0) {
        x = denoised;
      } else {
        const width = Math.log(sigma / next);
        const decay = width * (1 + eta);
        const phi2 = Math.expm1(-decay) / decay + 1;
        const phi3 = phi2 / decay - 0.5;
        x = combine([Math.exp(-decay), x], [-Math.expm1(-decay), denoised]);
        const [last, secondLast] = history;
        if (last !== undefined) {
          const lastRatio = last.width / width;
          const slope = combine([1 / lastRatio, denoised], [-1 / lastRatio, last.denoised]);
          if (secondLast === undefined) {
            x = combine([1, x], [phi2, slope]);
          } else {
            const ratio = secondLast.width / width;
            const olderSlope = combine([1 / ratio, last.denoised], [-1 / ratio, secondLast.denoised]);
            const bend = combine([1 / (lastRatio + ratio), slope], [-1 / (lastRatio + ratio), olderSlope]);
            x = combine([1, x], [phi2, combine([1, slope], [lastRatio, bend])], [-phi3, bend]);
          }
        }
        if (eta !== 0) {
          const level = next * Math.sqrt(-Math.expm1(-2 * eta * width)) * options.sNoise;
          x = combine([1, x], [level, brownian(sigma, next)]);
        }
        history = [{ denoised, width }, ...history].slice(0, 2);
      }
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
