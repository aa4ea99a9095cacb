import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DanqingError } from '../errors.ts';
import { findSampler, findSchedule } from './find-sampler.ts';
import type { Sampler } from './sampler.ts';
import { samplers } from './samplers/index.ts';
import type { Schedule } from './schedule.ts';
import { schedules } from './schedules/index.ts';

const found = (...names: Parameters<typeof findSampler>): [string, string | undefined] => {
  const { sampler, schedule } = findSampler(...names);
  return [sampler.name, schedule?.label];
};

describe('names of samplers', () => {
  it.each<[string, string, string | undefined]>([
    ['DPM++ 2M Karras', 'DPM++ 2M', 'Karras'],
    ['DPM++ SDE Karras', 'DPM++ SDE', 'Karras'],
    ['DPM++ 2M SDE Karras', 'DPM++ 2M SDE', 'Karras'],
    ['DPM++ 2M SDE Exponential', 'DPM++ 2M SDE', 'Exponential'],
    ['DPM++ 2M SDE Heun', 'DPM++ 2M SDE Heun', undefined],
    ['DPM++ 2M SDE Heun Karras', 'DPM++ 2M SDE Heun', 'Karras'],
    ['DPM++ 2S a Karras', 'DPM++ 2S a', 'Karras'],
    ['DPM++ 3M SDE Exponential', 'DPM++ 3M SDE', 'Exponential'],
    ['LMS Karras', 'LMS', 'Karras'],
    ['DPM2 a Karras', 'DPM2 a', 'Karras'],
    ['Euler a', 'Euler a', undefined],
    ['Euler SGM Uniform', 'Euler', 'SGM Uniform'],
    ['Euler sgm_uniform', 'Euler', 'SGM Uniform'],
    ['Euler SGMUniform', 'Euler', 'SGM Uniform'],
    ['Euler Automatic', 'Euler', undefined],
    ['k_dpmpp_2m', 'DPM++ 2M', undefined],
    ['  dpm++  2m karras ', 'DPM++ 2M', 'Karras'],
    ['DDIM', 'DDIM', undefined],
    ['DDIM Karras', 'DDIM', undefined],
    ['Euler DDIM', 'Euler', 'DDIM'],
    ['unipc', 'UniPC', undefined],
    ['DDIM CFG++', 'DDIM CFG++', undefined],
  ])('GEN-11: "%s"', (name, sampler, schedule) => {
    expect(found(name)).toEqual([sampler, schedule]);
  });

  it('GEN-11: a schedule of its own, unless one is joined to the sampler', () => {
    expect(found('DPM++ 2M', 'Exponential')).toEqual(['DPM++ 2M', 'Exponential']);
    expect(found('DPM++ 2M Karras', 'Exponential')).toEqual(['DPM++ 2M', 'Karras']);
    expect(found('DPM++ 2M', 'Automatic')).toEqual(['DPM++ 2M', undefined]);
    expect(found('UniPC', 'Karras')).toEqual(['UniPC', undefined]);
    expect(findSchedule('align_your_steps')?.label).toBe('Align Your Steps');
  });

  it('GEN-11: every sampler joined with every schedule, by all their names', () => {
    for (const sampler of Object.values<Sampler>(samplers)) {
      for (const schedule of Object.values<Schedule>(schedules)) {
        for (const name of [sampler.name, ...sampler.aliases]) {
          for (const ending of [schedule.label, schedule.name, ...(schedule.aliases ?? [])]) {
            const expected = sampler.kind === 'timestep' ? undefined : schedule;
            expect(findSampler(`${name} ${ending}`)).toEqual({ sampler, schedule: expected });
          }
        }
      }
    }
  });

  it('names the known ones when it does not know a name', () => {
    expect(() => findSampler('Heun++')).toThrow(
      /sampler: expected one of .*DPM\+\+ 2M SDE Heun.*Euler a.*found "Heun\+\+"/,
    );
    expect(() => findSampler('Euler', 'Karas')).toThrow(
      /scheduler: expected one of Automatic, .*Karras.*found "Karas"/,
    );
    expect(() => findSampler('')).toThrow(DanqingError);
  });

  it('answers or refuses any text', () => {
    const outcome = (name: string): unknown => {
      try {
        return findSampler(name).sampler;
      } catch (error) {
        return error;
      }
    };
    fc.assert(
      fc.property(fc.string(), (name) => {
        const answer = outcome(name);
        expect(answer instanceof DanqingError || Object.values<unknown>(samplers).includes(answer)).toBe(true);
      }),
    );
  });
});
