import type { Kind } from '../kind.ts';

/** Diffusion model without text encoder and VAE. */
export const denoiser: Kind = {
  id: 'denoiser',
  title: { en: 'diffusion model without text encoder and VAE', zh: '仅去噪网络（不含文本编码器与 VAE）' },
  folder: 'models/diffusion_models',
  usualBytes: undefined,
  use: {
    en: 'draws pictures together with text encoders and a VAE from other files',
    zh: '需搭配其他文件中的文本编码器与 VAE 才能出图',
  },
};
