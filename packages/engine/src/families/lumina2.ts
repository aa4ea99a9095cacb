import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Lumina-Image 2.0 and models made from it (arXiv:2503.21758). */
export const lumina2: KnownFamily = {
  id: 'lumina2',
  title: 'Lumina-Image 2.0',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}layers.*.attention.qkv.weight`, says: { en: 'blocks for text and picture together', zh: '单流块' } },
      { has: `${at}cap_embedder.1.weight`, says: { en: 'a projection of captions', zh: '描述文本投影' } },
      {
        has: `${at}layers.0.adaLN_modulation.1.weight`,
        says: { en: 'modulations behind an activation (in Z-Image without)', zh: '调制量前有激活（Z-Image 没有）' },
      },
    ],
    (at) => [
      {
        has: `${at}time_caption_embed.caption_embedder.1.weight`,
        says: { en: 'a projection of captions', zh: '描述文本投影' },
      },
      { has: `${at}noise_refiner.*`, says: { en: 'layers for the noisy picture alone', zh: '仅处理噪声图像的层' } },
    ],
  ),
  lists: [{ at: 'layers' }],
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  claims: ['lumina2', 'lumina-2'],
};
