import type { Signature } from '../signature.ts';

/** SPAN (arXiv:2311.12770). */
export const span: Signature = {
  id: 'span',
  kind: 'upscaler',
  title: { en: 'SPAN upscaler', zh: 'SPAN 放大模型' },
  evidence: [
    { has: 'block_1.c1_r.sk.weight', says: { en: 'blocks without parameters for attention', zh: '无参注意力块' } },
    { has: 'conv_cat.weight', says: { en: 'a joining convolution', zh: '拼接卷积' } },
  ],
};
