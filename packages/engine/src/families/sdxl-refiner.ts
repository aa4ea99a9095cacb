import type { KnownFamily } from '../family.ts';
import { attendsTo, unetLayouts } from '../weights/keys/unet-layouts.ts';

/** The refiner of Stable Diffusion XL, which takes over the last steps (arXiv:2307.01952). */
export const sdxlRefiner: KnownFamily = {
  id: 'sdxl-refiner',
  title: 'Stable Diffusion XL refiner',
  layouts: unetLayouts({ entry: 'linear layers', sized: true, contextWidth: 1280 }, [
    {
      anyOf: [
        { allOf: [{ has: 'conditioner.embedders.0.model.*' }, { lacks: 'conditioner.embedders.1.*' }] },
        attendsTo(1280),
      ],
      says: {
        en: 'only the second of SDXL’s text encoders (1280 wide)',
        zh: '只有 SDXL 的第二个文本编码器（宽 1280）',
      },
    },
  ]),
  needs: ['denoiser', 'openclip-g', 'vae'],
  nativeSize: 1024,
  prediction: 'eps',
  latentChannels: 4,
  addOns: { contextWidth: 1280, textWidths: [1280] },
  claims: ['stable-diffusion-xl-v1-refiner'],
};
