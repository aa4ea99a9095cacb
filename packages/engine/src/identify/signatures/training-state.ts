import { denoiserInside } from '../../weights/keys/inside.ts';
import type { Signature } from '../signature.ts';

/** State of an optimizer or of random numbers: what training needs to go on. */
export const trainingState: Signature = {
  id: 'training-state',
  kind: 'training-state',
  title: { en: 'training state', zh: '训练状态' },
  evidence: [
    { allOf: denoiserInside.map((path) => ({ lacks: `${path}.*` })), says: { en: 'no denoiser', zh: '没有去噪网络' } },
    {
      anyOf: [
        { extra: 'optimizer_state_dict' },
        { extra: 'optimizer_name' },
        { extra: 'param_groups' },
        { extra: 'torch_manual_seed' },
        { has: 'optimizer_state_dict.*' },
        { has: 'state.*.exp_avg*' },
        { has: '*exp_avg*' },
        { has: 'torch_manual_seed*' },
      ],
      says: { en: 'the state of an optimizer or of random numbers', zh: '优化器或随机数的状态' },
    },
  ],
};
