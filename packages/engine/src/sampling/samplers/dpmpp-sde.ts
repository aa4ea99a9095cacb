import { combine, roundingOf } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { ancestralStep } from '../steps/ancestral-step.ts';

/** DPM-Solver++ for the stochastic equation: two calls in a step, both followed by noise of the Brownian path. */
export const dpmppSde: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM++ SDE',
  aliases: ['k_dpmpp_sde'],
  automatic: 'karras',
  isSecondOrder: true,
  usesBrownian: true,
  async *sample({ x: start, sigmas, denoise, brownian, options }) {
    const { etaAncestral, sNoise } = options;
    const steps = sigmas.length - 1;
    const round = roundingOf(start);
    let x = start;
    for (let i = 0; i < steps; i++) {
      const [sigma, next] = [sigmas[i]!, sigmas[i + 1]!];
      const denoised = await denoise(x, sigma);
      if (next === 0) {
        x = denoised;
      } else {
        // The path is asked at levels that went through rounded logarithms, and a millionth more or less shows.
        const [time, endTime] = [-round(Math.log(sigma)), -round(Math.log(next))];
        const middleTime = round(time + round(round(endTime - time) * 0.5));
        const [from, middle, to] = [time, middleTime, endTime].map((t) => round(Math.exp(-t))) as [
          number,
          number,
          number,
        ];

        const first = ancestralStep(from, middle, etaAncestral, round);
        const middleX = combine(
          [first.down / from, x],
          [1 - first.down / from, denoised],
          [sNoise * first.up, brownian(from, middle)],
        );
        const middleDenoised = await denoise(middleX, middle);

        const second = ancestralStep(from, to, etaAncestral, round);
        x = combine(
          [second.down / from, x],
          [1 - second.down / from, middleDenoised],
          [sNoise * second.up, brownian(from, to)],
        );
      }
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};
