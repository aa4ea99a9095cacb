import type { KnownFamily } from '../family.ts';
import { unetLayouts } from '../weights/keys/unet-layouts.ts';

/** AltDiffusion: SD with a text encoder of many languages (arXiv:2211.06679). */
export const altDiffusion: KnownFamily = {
  id: 'alt-diffusion',
  title: 'AltDiffusion',
  // Alone, its UNet is one of SD 1.x or 2.x.
  layouts: unetLayouts({ entry: 'convolutions', sized: false }, [
    {
      has: 'cond_stage_model.roberta.*',
      says: { en: 'an XLM-RoBERTa text encoder', zh: 'XLM-RoBERTa 文本编码器' },
    },
  ]).slice(0, 1),
  hasUnet: true,
  needs: ['denoiser', 'roberta', 'vae'],
  nativeSize: 512,
  prediction: 'eps',
  claims: ['altdiffusion', 'alt-diffusion'],
};
