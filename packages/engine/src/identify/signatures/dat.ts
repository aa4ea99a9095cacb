import type { Signature } from '../signature.ts';

/** DAT: dual aggregation (arXiv:2308.03364). */
export const dat: Signature = {
  id: 'dat',
  kind: 'upscaler',
  title: { en: 'DAT upscaler', zh: 'DAT 放大模型' },
  evidence: [
    {
      has: 'layers.0.blocks.0.attn.spatial_interaction.*',
      says: { en: 'attention in space and channels in turn', zh: '空间与通道交替注意力' },
    },
    { has: 'before_RG.1.weight', says: { en: 'a norm before the groups', zh: '组前归一化' } },
  ],
};
