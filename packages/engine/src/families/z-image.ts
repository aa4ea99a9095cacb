import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Z-Image and Z-Image Turbo (Tongyi-MAI). */
export const zImage: KnownFamily = {
  id: 'z-image',
  title: 'Z-Image',
  layouts: transformerLayouts((at) => [
    { has: `${at}layers.*.attention.*`, says: { en: 'blocks for text and picture together', zh: '单流块' } },
    {
      has: `${at}layers.0.adaLN_modulation.0.weight`,
      says: { en: 'modulations without an activation', zh: '调制量前没有激活' },
    },
    { has: `${at}noise_refiner.*`, says: { en: 'layers for the noisy picture alone', zh: '仅处理噪声图像的层' } },
    { lacks: `${at}control_layers.*`, says: { en: 'no ControlNet', zh: '不含 ControlNet' } },
  ]),
  lists: [{ at: 'layers' }],
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  addOns: { modules: ['layers_0_attention_to_q', 'layers_0_attention_qkv', 'noise_refiner_'] },
  claims: ['z-image', 'zimage', 'z_image'],
};
