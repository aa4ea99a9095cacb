import type { Signature } from '../signature.ts';

/** RCAN (arXiv:1807.02758). */
export const rcan: Signature = {
  id: 'rcan',
  kind: 'upscaler',
  title: { en: 'RCAN upscaler', zh: 'RCAN 放大模型' },
  evidence: [
    { has: 'body.0.body.0.body.3.conv_du.0.weight', says: { en: 'channel attention in groups', zh: '分组通道注意力' } },
    { has: 'tail.1.weight', says: { en: 'a last convolution', zh: '末层卷积' } },
  ],
};
