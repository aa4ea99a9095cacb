import { findSampler, findSchedule } from '../../sampling/find-sampler.ts';
import type { SamplerChoice } from '../../sampling/find-sampler.ts';

/** Names of ComfyUI, Fooocus, InvokeAI and NovelAI, without `k_`, `sample_`, `_gpu` around them, that no sampler has as alias. */
const OTHER_SAMPLERS: Readonly<Record<string, string>> = {
  kdpm_2: 'DPM2',
  dpm_2_ancestral: 'DPM2 a',
  kdpm_2_a: 'DPM2 a',
  dpm_adaptive: 'DPM adaptive',
  dpmpp_2s_ancestral: 'DPM++ 2S a',
  dpmpp_2s: 'DPM++ 2S a',
  dpmpp_2_a: 'DPM++ 2S a',
  dpmpp_2: 'DPM++ 2M',
  ddim_v3: 'DDIM',
  pndm: 'PLMS',
  uni_pc: 'UniPC',
  uni_pc_bh2: 'UniPC',
};

/** Names of schedulers that no schedule of ours has. */
const OTHER_SCHEDULERS: Readonly<Record<string, string>> = {
  ddim_uniform: 'DDIM',
  ays: 'Align Your Steps',
  native: 'Uniform',
};

/** Label of a sampler that another program names; undefined when it is none of ours. */
export function samplerLabel(name: string): string | undefined {
  const plain = name.replace(/^(?:sample_|k_)/, '').replace(/_gpu$/, '');
  if (Object.hasOwn(OTHER_SAMPLERS, plain)) return OTHER_SAMPLERS[plain];
  return (tryFind(plain) ?? tryFind(`k_${plain}`))?.sampler.name;
}

/** Label of a scheduler that another program names; undefined when it is none of ours. */
export function schedulerLabel(name: string): string | undefined {
  if (Object.hasOwn(OTHER_SCHEDULERS, name)) return OTHER_SCHEDULERS[name];
  try {
    return findSchedule(name)?.label ?? 'Automatic';
  } catch {
    return undefined;
  }
}

/** Splits a joined name: `DPM++ 2M Karras` is the sampler `DPM++ 2M` with the scheduler `Karras`. */
export function splitJoinedSampler(name: string): { samplerName: string; scheduler?: string } {
  const choice = tryFind(name);
  if (choice === undefined) return { samplerName: name };
  return { samplerName: choice.sampler.name, ...(choice.schedule && { scheduler: choice.schedule.label }) };
}

/**
 * The scheduler to name where another program runs a sampler with the steps of the training: A1111's Automatic means
 * other steps for some samplers.
 */
export const plainScheduler = (samplerName: string | undefined): string =>
  hasOwnScheduler(samplerName) ? 'Uniform' : 'Automatic';

/** Whether Automatic stands for another scheduler than the uniform one. */
export function hasOwnScheduler(samplerName: string | undefined): boolean {
  const sampler = samplerName === undefined ? undefined : tryFind(samplerName)?.sampler;
  return sampler?.kind === 'sigma' && sampler.automatic !== undefined && sampler.automatic !== 'uniform';
}

function tryFind(name: string): SamplerChoice | undefined {
  try {
    return findSampler(name);
  } catch {
    return undefined;
  }
}
