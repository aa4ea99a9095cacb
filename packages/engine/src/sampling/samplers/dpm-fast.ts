import { combine } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import {
  evaluate,
  firstOrderStep,
  noisyEnd,
  secondOrderStep,
  sigmaAt,
  thirdOrderStep,
  timeSpan,
} from '../steps/dpm-solver.ts';

/** DPM-Solver with a fixed budget of calls: steps of third order, and the rest of lower order. */
export const dpmFast: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM fast',
  aliases: ['k_dpm_fast'],
  usesSeedDelta: true,
  choosesSigmas: true,
  async *sample(run) {
    const { first, last } = timeSpan(run);
    const orders = ordersFor(run.span.steps);
    const intervals = Math.floor(run.span.steps / 3) + 1;
    const timeOf = (i: number): number => first + ((last - first) * i) / intervals;
    let { x } = run;
    for (const [i, order] of orders.entries()) {
      const [time, end] = [timeOf(i), timeOf(i + 1)];
      const { down, up } = noisyEnd(run, time, end, last);
      const start = await evaluate(run, x, time);
      if (order === 1) {
        x = firstOrderStep(start, down);
      } else if (order === 2) {
        x = (await secondOrderStep(run, start, down, 1 / 2)).x;
      } else {
        const { middle } = await secondOrderStep(run, start, down, 1 / 3);
        x = await thirdOrderStep(run, start, down, middle);
      }
      x = combine([1, x], [up * run.options.sNoise, run.noise()]);
      yield { step: i + 1, steps: orders.length, sigma: sigmaAt(time), x, denoised: start.denoised };
    }
    return x;
  },
};

function ordersFor(calls: number): number[] {
  const rest = calls % 3;
  const thirds = Math.floor(calls / 3) - (rest === 0 ? 1 : 0);
  return [...Array<number>(thirds).fill(3), ...(rest === 0 ? [2, 1] : [rest])];
}
