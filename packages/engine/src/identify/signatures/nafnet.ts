import type { Signature } from '../signature.ts';

/** NAFNet, which sharpens (arXiv:2204.04676). */
export const nafnet: Signature = {
  id: 'nafnet',
  kind: 'upscaler',
  title: { en: 'NAFNet upscaler', zh: 'NAFNet 放大模型' },
  evidence: [
    { has: 'intro.weight', says: { en: 'a first convolution', zh: '首层卷积' } },
    { has: 'middle_blks.0.beta', says: { en: 'blocks without activations', zh: '无激活函数的块' } },
  ],
};
