import type { Signature } from '../signature.ts';

/** ATD (arXiv:2401.08209). */
export const atd: Signature = {
  id: 'atd',
  kind: 'upscaler',
  title: { en: 'ATD upscaler', zh: 'ATD 放大模型' },
  evidence: [
    { has: 'layers.0.residual_group.td', says: { en: 'a dictionary of tokens', zh: '标记字典' } },
    { has: 'conv_first.weight', says: { en: 'a first convolution', zh: '首层卷积' } },
  ],
};
