import type { Family } from '../family.ts';
import { embedNumbers } from '../nn/embeddings.ts';
import { sdxlClipG } from '../parts/text-encoders/sdxl-clip-g.ts';
import { unetParts, unetVae } from '../parts/unet-parts.ts';
import { places } from '../weights/keys/places.ts';
import { attendsTo, unetLayouts } from '../weights/keys/unet-layouts.ts';

/** Each number that it is told becomes so many. */
const TOLD_WIDTH = 256;

/** The refiner of Stable Diffusion XL, which takes over the last steps (arXiv:2307.01952). */
export const sdxlRefiner: Family = {
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
  hasUnet: true,
  needs: ['denoiser', 'openclip-g', 'vae'],
  nativeSize: 1024,
  prediction: 'eps',
  latent: { channels: 4, scale: 0.130_25, factor: 8, tiny: 'taesdxl' },
  latentChannels: 4,
  addOns: { contextWidth: 1280, textWidths: [1280] },
  claims: ['stable-diffusion-xl-v1-refiner'],
  noise: { from: 0.000_85, to: 0.012, steps: 1000, alignedFor: 'sdxl' },
  defaults: { steps: 20, cfg: 7, clipSkip: 1 },
  zeroesEmptyNegative: true,

  /** The pooled text, then the size that it was drawn for, where it was cropped, and how beautiful it shall be. */
  vector(pooled, { width, height, cropTop, cropLeft, aestheticScore }) {
    const told = embedNumbers([height, width, cropTop, cropLeft, aestheticScore], TOLD_WIDTH);
    return Float32Array.from([...pooled, ...told]);
  },

  parts: (index) =>
    unetParts(index, sdxlRefiner, {
      heads: { width: 64 },
      textEncoders: [sdxlClipG(places.refinerClipG)],
      takesStoredNoise: false,
    }),

  vae: (index) => unetVae(index, sdxlRefiner),
};
