import type { Family } from '../family.ts';
import { unetParts, unetVae } from '../parts/unet-parts.ts';
import { places } from '../weights/keys/places.ts';
import { unetLayouts } from '../weights/keys/unet-layouts.ts';
import { guidanceInside, inpainting, instructPix2pix, vSigns } from '../weights/keys/unet-variants.ts';

/** Stable Diffusion 1.x with its inpainting and InstructPix2Pix variants (arXiv:2112.10752). */
export const sd1: Family = {
  id: 'sd1',
  title: 'Stable Diffusion 1.x',
  layouts: unetLayouts({ entry: 'convolutions', sized: false }, [
    {
      lacks: 'cond_stage_model.model.*',
      says: { en: 'no OpenCLIP text encoder (SD 2.x has one)', zh: '没有 OpenCLIP 文本编码器（SD 2.x 才有）' },
    },
    {
      lacks: 'cond_stage_model.roberta.*',
      says: {
        en: 'no XLM-RoBERTa text encoder (AltDiffusion has one)',
        zh: '没有 XLM-RoBERTa 文本编码器（AltDiffusion 才有）',
      },
    },
    {
      lacks: 'conditioner.*',
      says: { en: 'no list of text encoders (SDXL has one)', zh: '没有文本编码器列表（SDXL 才有）' },
    },
  ]),
  variants: [inpainting, instructPix2pix, guidanceInside],
  hasUnet: true,
  needs: ['denoiser', 'clip-l', 'vae'],
  latent: { channels: 4, scale: 0.18215, factor: 8, tiny: 'taesd' },
  latentChannels: 4,
  nativeSize: 512,
  prediction: 'eps',
  predictions: vSigns,
  addOns: {
    contextWidth: 768,
    textWidths: [768],
    kohya: { version: 'sd_v1', layers: 'diffusers', text: ['lora_te_'] },
  },
  claims: ['stable-diffusion-v1', 'sd_v1', 'sd_1', 'sd1'],
  noise: { from: 0.000_85, to: 0.012, steps: 1000, alignedFor: 'sd' },
  defaults: { steps: 20, cfg: 7, clipSkip: 1 },

  parts: (index) =>
    unetParts(index, sd1, {
      // The same number of attention heads at every level, whatever the width.
      heads: { count: 8 },
      textEncoders: [
        {
          places: places.clipText,
          tokenizer: 'clip',
          activation: 'quickGelu',
          clipSkip: { usual: 1, follows: 'always' },
          normed: true,
          pooled: false,
        },
      ],
      takesStoredNoise: true,
    }),

  vae: (index) => unetVae(index, sd1),
};
