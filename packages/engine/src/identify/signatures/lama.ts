import type { Signature } from '../signature.ts';

/** LaMa, which fills holes in pictures (arXiv:2109.07161). */
export const lama: Signature = {
  id: 'lama',
  kind: 'upscaler',
  title: { en: 'LaMa upscaler', zh: 'LaMa 放大模型' },
  evidence: [
    {
      anyOf: [
        { has: 'model.model.1.bn_l.running_mean' },
        { has: 'generator.model.1.bn_l.running_mean' },
        { has: 'model.1.bn_l.running_mean' },
      ],
      says: { en: 'convolutions over frequencies', zh: '频域卷积' },
    },
  ],
};
