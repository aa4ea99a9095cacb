import { combine, type Values } from '../arithmetic.ts';
import type { SamplerSteps, TimestepRun, TimestepSampler } from '../sampler.ts';
import { addNoise, removeNoise, sigmaOfAlpha } from '../steps/ddim.ts';

/** Pseudo linear multistep: DDIM's step along noise extrapolated from up to four calls; Liu et al. 2022. */
export const plms: TimestepSampler = {
  kind: 'timestep',
  name: 'PLMS',
  aliases: ['plms'],
  async *sample<V extends Values>({ x: start, timesteps, alphasCumprod, predict }: TimestepRun<V>): SamplerSteps<V> {
    const steps = timesteps.length - 1;
    let x = start;
    /** Newest first. */
    let history: V[] = [];
    for (let i = steps; i >= 1; i--) {
      const [time, nextTime] = [timesteps[i]!, timesteps[i - 1]!];
      const [from, to] = [alphasCumprod[time]!, alphasCumprod[nextTime]!];
      const { eps } = await predict(x, time);
      let mixed: V;
      if (history.length === 0) {
        const ahead = await predict(addNoise(removeNoise(x, from, eps), to, eps), nextTime);
        mixed = combine([1 / 2, eps], [1 / 2, ahead.eps]);
      } else {
        mixed = extrapolate(eps, history);
      }
      const denoised = removeNoise(x, from, mixed);
      x = addNoise(denoised, to, mixed);
      history = [eps, ...history].slice(0, 3);
      yield { step: steps - i + 1, steps, sigma: sigmaOfAlpha(from), x, denoised };
    }
    return x;
  },
};

/** Adams-Bashforth of second to fourth order. */
function extrapolate<V extends Values>(eps: V, [first, second, third]: readonly V[]): V {
  if (second === undefined) return combine([3 / 2, eps], [-1 / 2, first!]);
  if (third === undefined) return combine([23 / 12, eps], [-16 / 12, first!], [5 / 12, second]);
  return combine([55 / 24, eps], [-59 / 24, first!], [37 / 24, second], [-9 / 24, third]);
}
