import type { Signature } from '../signature.ts';

/** HAT (arXiv:2205.04437). */
export const hat: Signature = {
  id: 'hat',
  kind: 'upscaler',
  title: { en: 'HAT upscaler', zh: 'HAT 放大模型' },
  evidence: [
    { has: 'layers.0.residual_group.overlap_attn.qkv.weight', says: { en: 'overlapping attention', zh: '重叠注意力' } },
    { has: 'layers.0.residual_group.blocks.0.conv_block.*', says: { en: 'channel attention', zh: '通道注意力' } },
  ],
};
