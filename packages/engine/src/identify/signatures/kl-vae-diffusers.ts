import type { Signature } from '../signature.ts';

/** A VAE as the diffusers library names it. */
export const klVaeDiffusers: Signature = {
  id: 'kl-vae-diffusers',
  kind: 'vae',
  title: { en: 'VAE (diffusers)', zh: 'VAE（diffusers）' },
  evidence: [
    {
      anyOf: [
        { has: 'encoder.down_blocks.*.resnets.*.conv1.weight' },
        { has: 'decoder.up_blocks.*.resnets.*.conv1.weight' },
      ],
      says: {
        en: 'an encoder or decoder with blocks of the diffusers library',
        zh: 'diffusers 库命名的编码器或解码器',
      },
    },
    {
      anyOf: [
        { has: 'decoder.conv_in.weight', rank: 4 },
        { has: 'encoder.conv_in.weight', rank: 4 },
      ],
      says: { en: 'convolutions over still pictures', zh: '针对静态图片的卷积' },
    },
    { lacks: 'decoder.up_blocks.0.resnets.0.temporal_*', says: { en: 'no layers for video', zh: '没有视频层' } },
    { lacks: 'quantize.*', says: { en: 'no codebook', zh: '没有码本' } },
  ],
  fits: [{ by: 'latentChannels', at: ['decoder.conv_in.weight'], axis: 1 }],
  structure: 'kl',
};
