import type { Signature } from '../signature.ts';

/** PLKSR and RealPLKSR (arXiv:2404.11848). */
export const plksr: Signature = {
  id: 'plksr',
  kind: 'upscaler',
  title: { en: 'PLKSR upscaler', zh: 'PLKSR 放大模型' },
  evidence: [
    {
      anyOf: [
        { has: 'feats.1.lk.conv.weight' },
        { has: 'feats.1.lk.convs.0.weight' },
        { has: 'feats.1.lk.mn_conv.weight' },
      ],
      says: { en: 'large kernels', zh: '大卷积核' },
    },
    { has: 'feats.0.weight', says: { en: 'a first convolution', zh: '首层卷积' } },
  ],
};
