import { type AdapterKind, tensorOf } from '../adapter-kind.ts';

/** Differences of scale and shift of a normalisation, as LyCORIS trains them with `train_norm`. */
export const norm: AdapterKind = {
  id: 'norm',
  reads: ['w_norm', 'b_norm'],
  delta: (_base, module) => tensorOf(module, 'w_norm'),
  biasDelta: ({ tensors }) => tensors.get('b_norm'),
};
