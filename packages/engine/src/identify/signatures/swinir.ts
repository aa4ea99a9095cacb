import type { Signature } from '../signature.ts';

/** SwinIR and Swin2SR (arXiv:2108.10257). */
export const swinir: Signature = {
  id: 'swinir',
  kind: 'upscaler',
  title: { en: 'SwinIR upscaler', zh: 'SwinIR 放大模型' },
  evidence: [
    {
      has: 'layers.0.residual_group.blocks.0.attn.qkv.weight',
      says: { en: 'groups of window attention', zh: '窗口注意力组' },
    },
    { has: 'conv_first.weight', says: { en: 'a first convolution', zh: '首层卷积' } },
    {
      lacks: 'layers.0.residual_group.blocks.0.conv_block.*',
      says: { en: 'no channel attention (HAT has it)', zh: '没有通道注意力（HAT 才有）' },
    },
  ],
  variants: [
    {
      id: 'swin2sr',
      title: { en: 'Swin2SR', zh: 'Swin2SR' },
      when: { has: 'layers.0.residual_group.blocks.0.attn.logit_scale' },
    },
  ],
};
