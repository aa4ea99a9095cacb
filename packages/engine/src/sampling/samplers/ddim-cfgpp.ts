import type { TimestepSampler } from '../sampler.ts';
import { ddimSteps } from '../steps/ddim.ts';

/** DDIM that goes back along the noise seen without the prompt: Chung et al. 2024, "CFG++", with scales like CFG's. */
export const ddimCfgpp: TimestepSampler = {
  kind: 'timestep',
  name: 'DDIM CFG++',
  aliases: ['ddim_cfgpp'],
  guidanceFactor: 1 / 12.5,
  needsUncond: true,
  sample: (run) => ddimSteps(run, ({ uncondEps }) => uncondEps),
};
