import { describe, expect, it } from 'vitest';
import { DanqingError } from '../errors.ts';
import { betaQuantile } from './beta-quantile.ts';
import { automaticSchedule, buildSigmas, buildTimesteps } from './build-sigmas.ts';
import { createLcmTable } from './lcm-table.ts';
import { samplingDefaults, type SamplingOptions } from './options.ts';
import { samplers } from './samplers/index.ts';
import { schedules } from './schedules/index.ts';
import { createSigmaTable } from './sigma-table.ts';

const table = createSigmaTable();
const levels = (
  schedule: keyof typeof schedules,
  steps: number,
  options: Partial<SamplingOptions> = {},
  sampler: keyof typeof samplers = 'euler',
): number[] => {
  const chosen = samplers[sampler];
  if (chosen.kind === 'timestep') throw new Error(`${sampler} has no noise levels`);
  return [...buildSigmas(chosen, schedules[schedule], steps, table, { ...samplingDefaults, ...options })];
};
const digits = (values: number[]): number[] => values.map((value) => Number(value.toPrecision(6)));

describe('schedules', () => {
  it.each<[keyof typeof schedules, number[]]>([
    ['uniform', [14.6146, 4.08608, 1.61558, 0.69515, 0.0291675, 0]],
    ['normal', [14.6146, 4.08608, 1.61558, 0.69515, 0.0291675, 0]],
    ['karras', [14.6146, 4.79654, 1.2741, 0.247952, 0.0291675, 0]],
    ['exponential', [14.6146, 3.08899, 0.652896, 0.137998, 0.0291675, 0]],
    ['polyexponential', [14.6146, 3.08899, 0.652896, 0.137998, 0.0291675, 0]],
    ['sgmUniform', [14.6146, 5.09241, 2.27973, 1.16286, 0.571189, 0]],
    ['klOptimal', [14.6146, 2.63289, 1.29477, 0.711627, 0.335638, 0.0291675]],
    ['alignYourSteps', [14.615, 3.22694, 1.396, 0.510047, 0.029, 0]],
    ['simple', [14.6146, 5.08776, 2.27646, 1.16058, 0.569285, 0]],
    ['ddim', [5.13443, 2.29285, 1.16822, 0.57405, 0.0413145, 0]],
    ['beta', [14.6146, 12.0523, 7.3219, 2.59155, 0.0291675, 0]],
  ])('GEN-11: %s, five steps: the known levels', (schedule, expected) => {
    expect(digits(levels(schedule, 5))).toEqual(digits(expected));
  });

  it('GEN-11: align your steps has its own list for SDXL, and the published one at its length', () => {
    const sdxl = createSigmaTable({ alignedFor: 'sdxl' });
    const of = (steps: number) =>
      digits([...buildSigmas(samplers.euler, schedules.alignYourSteps, steps, sdxl, samplingDefaults)]);
    expect(of(5)).toEqual([14.615, 2.86785, 0.862, 0.298195, 0.029, 0]);
    expect(of(11)).toEqual([14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029, 0]);
  });

  it('GEN-11: ddim may have more levels than asked for', () => {
    expect(levels('ddim', 30)).toHaveLength(32);
  });

  it.each(Object.keys(schedules) as (keyof typeof schedules)[])(
    '%s falls from its first level, for any steps',
    (name) => {
      for (const steps of [1, 2, 3, 7, 20, 50, 150]) {
        const found = levels(name, steps);
        expect(found.length).toBeGreaterThan(steps);
        expect(found.every((sigma, i) => i === 0 || sigma < found[i - 1]!)).toBe(true);
        expect(found.every((sigma) => Math.fround(sigma) === sigma && sigma >= 0)).toBe(true);
      }
    },
  );

  it('refuses no steps and broken ones', () => {
    for (const steps of [0, -1, 1.5, NaN]) expect(() => levels('karras', steps)).toThrow(DanqingError);
    for (const steps of [0, 1001, 2.5]) expect(() => buildTimesteps(steps, samplingDefaults)).toThrow(DanqingError);
  });
});

describe('options of the noise levels', () => {
  it('GEN-11: discarding takes one step more and leaves out the next-to-last level', () => {
    const [six, five] = [levels('karras', 6), levels('karras', 5, { alwaysDiscardNextToLastSigma: true })];
    expect(five).toEqual([...six.slice(0, 5), 0]);
    expect(levels('karras', 5, {}, 'dpm2')).toEqual(five);
    expect(levels('karras', 5, {}, 'dpmpp3mSde')).toEqual(five);
    expect(levels('klOptimal', 5, {}, 'dpm2')).toHaveLength(6);
  });

  it('GEN-11: the range and the steepness can be set', () => {
    const ends = (found: number[]) => digits([found[0]!, found.at(-2)!]);
    expect(ends(levels('karras', 5, { sigmaMin: 0.2, sigmaMax: 9 }))).toEqual([9, 0.2]);
    expect(ends(levels('beta', 5, { useOldKarrasSchedulerSigmas: true }))).toEqual([10, 0.1]);
    expect(ends(levels('exponential', 5, { useOldKarrasSchedulerSigmas: true, sigmaMin: 0.2 }))).toEqual([10, 0.2]);
    expect(ends(levels('uniform', 5, { useOldKarrasSchedulerSigmas: true }))).toEqual([14.6146, 0.0291675]);
    expect(levels('karras', 3, { rho: 1 })[1]).toBeCloseTo((14.614643 + 0.0291675) / 2, 5);
    expect(levels('polyexponential', 3, { rho: 2 })[1]).toBeCloseTo(14.614643 ** 0.25 * 0.0291675 ** 0.75, 5);
    expect(levels('exponential', 3, { rho: 2 })).toEqual(levels('exponential', 3));
    expect(levels('beta', 3, { betaDistAlpha: 1, betaDistBeta: 1 })[1]).toBeCloseTo((14.614643 + 0.0291675) / 2, 5);
  });

  it('GEN-11: Automatic is the schedule of the sampler', () => {
    const names = Object.values(samplers).map((sampler) => [sampler.name, automaticSchedule(sampler)?.label]);
    expect(Object.fromEntries(names)).toEqual({
      DDIM: undefined,
      'DDIM CFG++': undefined,
      PLMS: undefined,
      UniPC: undefined,
      DPM2: 'Karras',
      'DPM2 a': 'Karras',
      'DPM adaptive': 'Uniform',
      'DPM fast': 'Uniform',
      'DPM++ 2M': 'Karras',
      'DPM++ 2M SDE': 'Exponential',
      'DPM++ 2M SDE Heun': 'Exponential',
      'DPM++ 2S a': 'Karras',
      'DPM++ 3M SDE': 'Exponential',
      'DPM++ SDE': 'Karras',
      Euler: 'Uniform',
      'Euler a': 'Uniform',
      Heun: 'Uniform',
      LCM: 'Uniform',
      LMS: 'Uniform',
      Restart: 'Karras',
    });
  });

  it('GEN-11: any schedule can be built on the table of LCM', () => {
    const lcm = createLcmTable(table);
    for (const schedule of Object.values(schedules)) {
      const found = buildSigmas(samplers.lcm, schedule, 4, lcm, samplingDefaults);
      expect(found.every(Number.isFinite)).toBe(true);
    }
  });

  it('GEN-11: time steps are a whole stride apart, up to 999', () => {
    expect(buildTimesteps(8, samplingDefaults)).toEqual([1, 126, 251, 376, 501, 626, 751, 876]);
    expect(buildTimesteps(8, { ...samplingDefaults, alwaysDiscardNextToLastSigma: true })).toHaveLength(10);
    expect(buildTimesteps(30, samplingDefaults)).toHaveLength(31);
    expect(buildTimesteps(1000, samplingDefaults).slice(-2)).toEqual([999, 999]);
  });
});

describe('beta quantiles', () => {
  it.each([
    [0.25, 1, 1, 0.25],
    [0.25, 2, 1, 0.5],
    [0.19, 1, 2, 0.1],
    // Arcsine distribution: sin²(πp/2).
    [0.3, 0.5, 0.5, Math.sin(0.15 * Math.PI) ** 2],
    [0.999, 0.5, 0.5, Math.sin(0.4995 * Math.PI) ** 2],
    [0.5, 0.6, 0.6, 0.5],
    [0, 0.6, 0.6, 0],
    [1, 0.6, 0.6, 1],
  ])('of %d for (%d, %d) is %d', (probability, a, b, expected) => {
    expect(betaQuantile(probability, a, b)).toBeCloseTo(expected, 13);
  });
});
