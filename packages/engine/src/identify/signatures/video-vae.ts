import type { Signature } from '../signature.ts';

/** A VAE for moving pictures: Wan, Qwen-Image, HunyuanVideo, LTX, Mochi. */
export const videoVae: Signature = {
  id: 'video-vae',
  kind: 'vae',
  title: { en: 'VAE for moving pictures', zh: '视频 VAE' },
  evidence: [
    {
      anyOf: [
        { has: 'decoder.conv1.weight', rank: 5 },
        { has: 'decoder.conv_in.conv.weight', rank: 5 },
        { has: 'decoder.conv_in.weight', rank: 5 },
        { has: 'decoder.middle.0.residual.0.gamma' },
        { has: 'post_quant_conv.weight', rank: 5 },
        { has: 'decoder.blocks.0.0.bias' },
      ],
      says: { en: 'convolutions over time', zh: '带时间维的卷积' },
    },
    { has: 'decoder.*', says: { en: 'a decoder', zh: '解码器' } },
  ],
  variants: [
    {
      id: 'wan',
      title: { en: 'Wan and Qwen-Image', zh: 'Wan 与 Qwen-Image' },
      when: { has: 'decoder.middle.0.residual.0.gamma' },
    },
  ],
};
