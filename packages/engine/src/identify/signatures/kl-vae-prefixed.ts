import { denoiserInside, klInside } from '../../weights/keys/inside.ts';
import type { Signature } from '../signature.ts';

/** A VAE cut out of a checkpoint with the path that it had there. */
export const klVaePrefixed: Signature = {
  id: 'kl-vae-prefixed',
  kind: 'vae',
  title: { en: 'VAE with the path it has in a checkpoint', zh: 'VAE（保留主模型中的路径）' },
  evidence: [
    {
      anyOf: klInside.map((path) => ({ has: `${path}.decoder.*` })),
      says: { en: 'a decoder at its place in a checkpoint', zh: '解码器位于主模型中的位置' },
    },
    { allOf: denoiserInside.map((path) => ({ lacks: `${path}.*` })), says: { en: 'no denoiser', zh: '没有去噪网络' } },
  ],
  fits: [{ by: 'latentChannels', at: klInside.map((path) => `${path}.decoder.conv_in.weight`), axis: 1 }],
  structure: 'kl',
};
