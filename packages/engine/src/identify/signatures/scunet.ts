import type { Signature } from '../signature.ts';

/** SCUNet, which takes noise away (arXiv:2203.13278). */
export const scunet: Signature = {
  id: 'scunet',
  kind: 'upscaler',
  title: { en: 'SCUNet upscaler', zh: 'SCUNet 放大模型' },
  evidence: [
    { has: 'm_head.0.weight', says: { en: 'a first convolution', zh: '首层卷积' } },
    { has: 'm_down1.0.trans_block.*', says: { en: 'attention beside convolutions', zh: '注意力与卷积并行' } },
  ],
};
