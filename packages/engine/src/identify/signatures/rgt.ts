import type { Signature } from '../signature.ts';

/** RGT (arXiv:2303.06373). */
export const rgt: Signature = {
  id: 'rgt',
  kind: 'upscaler',
  title: { en: 'RGT upscaler', zh: 'RGT 放大模型' },
  evidence: [
    { has: 'layers.0.blocks.0.gamma', says: { en: 'recursive attention', zh: '递归注意力' } },
    { has: 'before_RG.1.weight', says: { en: 'a norm before the groups', zh: '组前归一化' } },
  ],
};
