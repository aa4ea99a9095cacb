import type { Signature } from '../signature.ts';

/** A ControlNet as the diffusers library names it. */
export const controlnetDiffusers: Signature = {
  id: 'controlnet-diffusers',
  kind: 'controlnet',
  title: { en: 'ControlNet (diffusers)', zh: 'ControlNet（diffusers）' },
  evidence: [
    { has: 'controlnet_cond_embedding.*', says: { en: 'an input for a hint picture', zh: '引导图输入' } },
    { has: 'controlnet_down_blocks.*', says: { en: 'outputs to the UNet', zh: '输出到 UNet 的卷积' } },
    {
      lacks: 'down_blocks.*.motion_modules.*',
      says: { en: 'nothing that mixes frames of a video', zh: '没有混合视频帧的层' },
    },
  ],
  variants: [
    {
      id: 'union',
      title: { en: 'several kinds of hints in one', zh: '多种引导合一（Union）' },
      when: { has: 'control_add_embedding.*' },
    },
  ],
  fits: [
    {
      by: 'contextWidth',
      at: ['down_blocks.*.attn2.to_k.weight', 'mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight'],
      axis: 1,
    },
  ],
};
