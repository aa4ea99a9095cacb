import type { SigmaSampler } from '../sampler.ts';
import { secondOrderMultistepSde } from '../steps/second-order-multistep-sde.ts';

/** DPM-Solver++(2M) for the stochastic equation, with Heun's rule. */
export const dpmpp2mSdeHeun: SigmaSampler = {
  kind: 'sigma',
  name: 'DPM++ 2M SDE Heun',
  aliases: ['k_dpmpp_2m_sde_heun'],
  automatic: 'exponential',
  usesBrownian: true,
  sample: (run) => secondOrderMultistepSde(run, 'heun'),
};
