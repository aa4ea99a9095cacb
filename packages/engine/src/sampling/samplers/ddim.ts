import type { TimestepSampler } from '../sampler.ts';
import { ddimSteps } from '../steps/ddim.ts';

/** Denoising diffusion implicit models: Song et al. 2020. */
export const ddim: TimestepSampler = {
  kind: 'timestep',
  name: 'DDIM',
  aliases: ['ddim'],
  sample: (run) => ddimSteps(run, ({ eps }) => eps),
};
