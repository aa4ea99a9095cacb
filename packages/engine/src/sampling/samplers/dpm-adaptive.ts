import { DanqingError } from '../../errors.ts';
import { combine, type Values } from '../arithmetic.ts';
import type { SamplerSteps, SigmaRun, SigmaSampler } from '../sampler.ts';
import { evaluate, noisyEnd, secondOrderStep, sigmaAt, thirdOrderStep, timeSpan } from '../steps/dpm-solver.ts';

const RELATIVE_TOLERANCE = 0.05;
const ABSOLUTE_TOLERANCE = 0.0078;
const FIRST_WIDTH = 0.05;
const LEAST_FACTOR = 0.81;

/** DPM-Solver-23, which chooses its step widths by comparing steps of second and third order. */
export const dpmAdaptive: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM adaptive',
  aliases: ['k_dpm_ad'],
  usesSeedDelta: true,
  choosesSigmas: true,
  async *sample<V extends Values>(run: SigmaRun<V>): SamplerSteps<V> {
    const { first, last } = timeSpan(run);
    const errorOrder = run.options.etaAncestral === 0 ? 3 : 1.5;
    let { x } = run;
    let lastLow = x;
    let time = first;
    let width = FIRST_WIDTH;
    for (let step = 1; time < last - 1e-5; step++) {
      const begin = time;
      const end = Math.min(last, time + width);
      const { down, up } = noisyEnd(run, time, end, last);
      const start = await evaluate(run, x, time);
      const { x: low, middle } = await secondOrderStep(run, start, down, 1 / 3);
      const high = await thirdOrderStep(run, start, down, middle);
      const error = differenceInTolerances(low, high, lastLow);
      if (!Number.isFinite(error)) throw new DanqingError('not-a-number', troubleAt(step, begin));
      // Grows or shrinks the width by at most a factor of about 2.6 and 0.2.
      const factor = 1 + Math.atan((1 / (error + 1e-8)) ** (1 / errorOrder) - 1);
      width *= factor;
      if (factor >= LEAST_FACTOR) {
        x = combine([1, high], [up, run.noise()]);
        lastLow = low;
        time = end;
      }
      const steps = Math.max(step, Math.round((step * (last - first)) / Math.max(time - first, width)));
      yield { step, steps, sigma: sigmaAt(begin), x, denoised: start.denoised };
    }
    return x;
  },
};

const troubleAt = (step: number, time: number) => ({
  where: `DPM adaptive, step ${step}, noise level ${sigmaAt(time).toPrecision(4)}`,
  expected: 'finite latents',
  found: 'a latent that is not a number',
});

/** Root mean square, over the whole batch, of the difference in units of what is tolerated at each place. */
function differenceInTolerances<V extends Values>(low: V, high: V, lastLow: V): number {
  const difference = combine([1, low], [-1, high]);
  let squares = 0;
  for (let i = 0; i < difference.length; i++) {
    const size = Math.max(Math.abs(low[i]!), Math.abs(lastLow[i]!));
    squares += (difference[i]! / Math.max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * size)) ** 2;
  }
  return Math.sqrt(squares / difference.length);
}
