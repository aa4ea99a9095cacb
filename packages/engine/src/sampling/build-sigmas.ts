import { DanqingError } from '../errors.ts';
import type { SamplingOptions } from './options.ts';
import type { Sampler, SigmaSampler } from './sampler.ts';
import type { Schedule } from './schedule.ts';
import { schedules } from './schedules/index.ts';
import { TRAINING_STEPS, type SigmaTable } from './sigma-table.ts';

/** The schedule that "Automatic" stands for with a sampler; none with a sampler over time steps. */
export function automaticSchedule(sampler: Sampler): Schedule | undefined {
  return sampler.kind === 'timestep' ? undefined : schedules[sampler.automatic ?? 'uniform'];
}

/**
 * The falling noise levels of a run, as float32.
 * @param schedule none is "Automatic".
 * @throws bad-value for a number of steps below 1, or for noise levels that the schedule cannot make.
 */
export function buildSigmas(
  sampler: SigmaSampler,
  schedule: Schedule | undefined,
  steps: number,
  table: SigmaTable,
  options: SamplingOptions,
): Float32Array {
  checkSteps(steps, Infinity);
  const chosen = schedule ?? automaticSchedule(sampler)!;
  const isDiscarding = sampler.discardsNextToLastSigma === true || options.alwaysDiscardNextToLastSigma;
  const [lowest, highest] = options.useOldKarrasSchedulerSigmas ? [0.1, 10] : [table.sigmas[0]!, table.sigmas.at(-1)!];
  const levels = chosen.sigmas({
    steps: isDiscarding ? steps + 1 : steps,
    sigmaMin: options.sigmaMin || lowest,
    sigmaMax: options.sigmaMax || highest,
    rho: options.rho || (chosen.rho ?? 0),
    table,
    options,
  });
  if (isDiscarding) levels.splice(-2, 1);
  return Float32Array.from(levels);
}

/**
 * The rising time steps of a run with a sampler over time steps; there may be more of them than steps asked for.
 * @throws bad-value for steps outside 1 … 1000.
 */
export function buildTimesteps(steps: number, options: SamplingOptions): number[] {
  const count = options.alwaysDiscardNextToLastSigma ? steps + 1 : steps;
  checkSteps(count, TRAINING_STEPS);
  const stride = Math.floor(TRAINING_STEPS / count);
  const times: number[] = [];
  for (let time = 0; time < TRAINING_STEPS; time += stride) times.push(Math.min(time + 1, TRAINING_STEPS - 1));
  return times;
}

function checkSteps(steps: number, most: number): void {
  if (Number.isInteger(steps) && steps >= 1 && steps <= most) return;
  throw new DanqingError('bad-value', {
    where: 'steps',
    expected: most === Infinity ? 'a whole number from 1' : `a whole number from 1 to ${most}`,
    found: String(steps),
  });
}
