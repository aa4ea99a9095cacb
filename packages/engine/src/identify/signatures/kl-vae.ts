import type { Signature } from '../signature.ts';

/** A VAE under the names of its authors, alone (CompVis/latent-diffusion). */
export const klVae: Signature = {
  id: 'kl-vae',
  kind: 'vae',
  title: { en: 'VAE', zh: 'VAE' },
  evidence: [
    {
      anyOf: [{ has: 'encoder.down.*' }, { has: 'decoder.up.*' }],
      says: { en: 'an encoder or decoder with numbered levels', zh: '编码器或解码器分级编号' },
    },
    {
      anyOf: [
        { has: 'decoder.conv_in.weight', rank: 4 },
        { has: 'encoder.conv_in.weight', rank: 4 },
      ],
      says: { en: 'convolutions over still pictures', zh: '针对静态图片的卷积' },
    },
    { lacks: 'quantize.*', says: { en: 'no codebook', zh: '没有码本' } },
    { lacks: 'post_quant_conv.conv.*', says: { en: 'no layers for video', zh: '没有视频层' } },
  ],
  variants: [
    { id: 'decoder', title: { en: 'decoder only', zh: '仅解码器' }, when: { lacks: 'encoder.*' } },
    { id: 'encoder', title: { en: 'encoder only', zh: '仅编码器' }, when: { lacks: 'decoder.*' } },
  ],
  fits: [{ by: 'latentChannels', at: ['decoder.conv_in.weight'], axis: 1 }],
  structure: 'kl',
};
