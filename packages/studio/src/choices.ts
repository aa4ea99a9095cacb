import { optionNames, type OptionValue, optionValues } from '@danqing/engine/pipelines/options';
import { automaticSchedule } from '@danqing/engine/sampling/build-sigmas';
import type { Sampler } from '@danqing/engine/sampling/sampler';
import { samplers } from '@danqing/engine/sampling/samplers/index';
import type { Schedule } from '@danqing/engine/sampling/schedule';
import { schedules } from '@danqing/engine/sampling/schedules/index';

/** A sampler as menus and lists show it. */
export interface SamplerChoice {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Label of the scheduler that "Automatic" stands for; absent where the sampler has time steps of its own. */
  readonly automatic?: string;
  /** Calls the model twice in most steps, so that a step takes twice the time. */
  readonly isSecondOrder: boolean;
}

/** A scheduler as menus and lists show it. */
export interface SchedulerChoice {
  readonly name: string;
  readonly label: string;
  readonly aliases: readonly string[];
}

/** A setting that changes pictures, as lists show it. */
export interface OptionChoice {
  /** A1111's name. */
  readonly name: string;
  readonly default: OptionValue;
  /** What it can be, as a phrase. */
  readonly values: string;
}

/** Every sampler there is, by name. */
export const listSamplers = (): SamplerChoice[] =>
  Object.values(samplers)
    .map((sampler: Sampler) => {
      const automatic = automaticSchedule(sampler);
      return {
        name: sampler.name,
        aliases: sampler.aliases,
        ...(automatic && { automatic: automatic.label }),
        isSecondOrder: sampler.isSecondOrder === true,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));

/** Every scheduler there is, by label. */
export const listSchedulers = (): SchedulerChoice[] =>
  Object.values(schedules)
    .map(({ name, label, aliases = [] }: Schedule) => ({ name, label, aliases }))
    .sort((a, b) => a.label.localeCompare(b.label, 'en'));

/** Every option that a recipe's `options` can hold, by name. Noise source and CLIP skip are fields of the recipe itself. */
export const listOptions = (): OptionChoice[] =>
  [...optionNames]
    .filter(([, { field }]) => field !== 'randnSource' && field !== 'clipSkip')
    .map(([name, option]) => ({ name, default: option.default, values: optionValues(name) }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
