import { type AdapterKind, tensorOf } from '../adapter-kind.ts';

/** Differences of scale and shift of a normalisation, as LyCORIS trains them with `train_norm`. */
export const norm: AdapterKind = {
  id: 'norm',
  title: { en: 'normalisation difference', zh: '归一化层差值' },
  needs: [['w_norm']],
  reads: ['b_norm'],
  delta: (_base, module) => tensorOf(module, 'w_norm'),
  biasDelta: ({ tensors }) => tensors.get('b_norm'),
};
