import type { Signature } from '../signature.ts';

/** GFPGAN (arXiv:2101.04061). */
export const gfpgan: Signature = {
  id: 'gfpgan',
  kind: 'face-restorer',
  title: { en: 'GFPGAN', zh: 'GFPGAN' },
  evidence: [
    {
      has: 'stylegan_decoder.style_mlp.1.weight',
      says: { en: 'a StyleGAN that draws faces', zh: '绘制面部的 StyleGAN' },
    },
    { has: 'toRGB.0.weight', says: { en: 'outputs at every size', zh: '各尺寸输出' } },
  ],
};
