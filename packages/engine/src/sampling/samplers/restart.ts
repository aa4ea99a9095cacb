import { combine } from '../arithmetic.ts';
import type { SigmaSampler } from '../sampler.ts';
import { karrasLevels } from '../schedules/karras.ts';
import { heunStep } from '../steps/heun-step.ts';

/** The noise levels between which it goes back up and down again. */
const LOWER = 0.1;
const UPPER = 2;

/** Heun's steps that go back to a higher noise level once or twice: Xu et al. 2023, "Restart sampling". */
export const restart: SigmaSampler = {
  kind: 'sigma',
  name: 'Restart',
  aliases: ['restart'],
  automatic: 'karras',
  isSecondOrder: true,
  async *sample(run) {
    const pairs = walk(Array.from(run.sigmas));
    let { x } = run;
    let reached: number | undefined;
    for (const [i, [from, to]] of pairs.entries()) {
      if (reached !== undefined && reached < from) {
        x = combine([1, x], [Math.sqrt(from ** 2 - reached ** 2), run.noise()]);
      }
      const { x: next, denoised } = await heunStep(run, x, from, to);
      x = next;
      reached = to;
      yield { step: i + 1, steps: pairs.length, sigma: from, x, denoised };
    }
    return x;
  },
};

/** The steps, as pairs of noise levels: from 20 on some are spent on the way back, with levels of their own. */
function walk(schedule: readonly number[]): [from: number, to: number][] {
  const steps = schedule.length - 1;
  if (steps < 20) return neighbours(schedule);
  const [repeats, length] = steps >= 36 ? [2, Math.floor(steps / 4)] : [1, 9];
  const levels = [...karrasLevels(steps - repeats * length, schedule.at(-2)!, schedule[0]!), 0];
  const lower = nearestIndex(levels, LOWER);
  const upper = nearestIndex(levels, UPPER);
  if (upper >= lower) return neighbours(levels);
  const again = neighbours(karrasLevels(length + 1, levels[lower]!, levels[upper]!));
  return [
    ...neighbours(levels.slice(0, lower + 1)),
    ...Array.from({ length: repeats }, () => again).flat(),
    ...neighbours(levels.slice(lower)),
  ];
}

const neighbours = (levels: readonly number[]): [number, number][] =>
  levels.slice(1).map((level, i) => [levels[i]!, level]);

const nearestIndex = (levels: readonly number[], target: number): number =>
  levels.reduce((best, level, i) => (Math.abs(level - target) < Math.abs(levels[best]! - target) ? i : best), 0);
