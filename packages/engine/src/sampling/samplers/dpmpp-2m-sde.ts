import type { SigmaSampler } from '../sampler.ts';
import { secondOrderMultistepSde } from '../steps/second-order-multistep-sde.ts';

/** DPM-Solver++(2M) for the stochastic equation, with the midpoint rule. */
export const dpmpp2mSde: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM++ 2M SDE',
  aliases: ['k_dpmpp_2m_sde'],
  automatic: 'exponential',
  usesBrownian: true,
  sample: (run) => secondOrderMultistepSde(run, 'midpoint'),
};
