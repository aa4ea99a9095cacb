import type { Family } from '../family.ts';
import { embedNumbers } from '../nn/embeddings.ts';
import { sdxlClipG } from '../parts/text-encoders/sdxl-clip-g.ts';
import { unetParts, unetVae } from '../parts/unet-parts.ts';
import { places } from '../weights/keys/places.ts';
import { attendsTo, inDenoiser, unetLayouts } from '../weights/keys/unet-layouts.ts';
import { inpainting, instructPix2pix, vSigns } from '../weights/keys/unet-variants.ts';

/** Each number that it is told becomes so many. */
const TOLD_WIDTH = 256;

/** Stable Diffusion XL and the models that were made from it (arXiv:2307.01952); the refiner is a family of its own. */
export const sdxl: Family = {
  id: 'sdxl',
  title: 'Stable Diffusion XL',
  layouts: unetLayouts({ entry: 'linear layers', sized: true, contextWidth: 2048 }, [
    {
      anyOf: [{ has: 'conditioner.embedders.1.*' }, attendsTo(2048)],
      says: {
        en: 'a second text encoder, or text vectors of both together (2048)',
        zh: '有第二个文本编码器，或文本向量为两者合并的宽度 2048',
      },
    },
    {
      lacks: 'model.diffusion_model.encoder_hid_proj.*',
      says: { en: 'no projection of foreign text vectors', zh: '没有外来文本向量的投影' },
    },
  ]),
  variants: [
    inpainting,
    instructPix2pix,
    {
      id: 'playground',
      title: { en: 'Playground v2.5 (EDM)', zh: 'Playground v2.5（EDM）' },
      when: { anyOf: [{ has: 'edm_mean' }, { has: 'edm_vpred.sigma_max' }] },
      use: { en: 'draws with the noise levels of EDM', zh: '使用 EDM 的噪声水平' },
    },
    {
      id: 'lcm',
      title: { en: 'latent consistency model', zh: '潜在一致性模型（LCM）' },
      when: { anyOf: [{ has: 'time_embedding.cond_proj.weight' }, inDenoiser('time_embed.cond_proj.weight')] },
      use: { en: 'draws in 2 to 8 steps', zh: '2 到 8 步即可出图' },
    },
    {
      id: 'distilled',
      title: { en: 'smaller UNet (SSD-1B, Vega)', zh: '缩小的 UNet（SSD-1B、Vega）' },
      when: {
        anyOf: [
          {
            allOf: [
              inDenoiser('input_blocks.7.1.transformer_blocks.0.attn2.to_k.weight'),
              { lacks: 'model.diffusion_model.input_blocks.7.1.transformer_blocks.9.*' },
              { lacks: 'input_blocks.7.1.transformer_blocks.9.*' },
            ],
          },
          {
            allOf: [
              { has: 'down_blocks.2.attentions.0.transformer_blocks.0.attn2.to_k.weight' },
              { lacks: 'down_blocks.2.attentions.0.transformer_blocks.9.*' },
            ],
          },
        ],
      },
      use: {
        en: 'draws faster, with less detail; most SDXL LoRAs do not fit',
        zh: '出图更快、细节更少；多数 SDXL LoRA 不适用',
      },
    },
  ],
  hasUnet: true,
  needs: ['denoiser', 'clip-l', 'openclip-g', 'vae'],
  nativeSize: 1024,
  prediction: 'eps',
  predictions: vSigns,
  latent: { channels: 4, scale: 0.130_25, factor: 8, tiny: 'taesdxl' },
  latentChannels: 4,
  addOns: {
    contextWidth: 2048,
    textWidths: [768, 1280],
    // Trainers name SD 1.x and 2.x otherwise, and theirs have one transformer block at each place.
    modules: ['input_blocks_', 'output_blocks_', 'middle_block_1_', 'transformer_blocks_2_', 'transformer_blocks_9_'],
    kohya: { version: 'sdxl_base_v1-0', layers: 'stored', text: ['lora_te1_', 'lora_te2_'] },
  },
  claims: ['stable-diffusion-xl-v1-base', 'sdxl', 'sd_xl', 'pony', 'illustrious', 'noobai'],
  noise: { from: 0.000_85, to: 0.012, steps: 1000, alignedFor: 'sdxl' },
  defaults: { steps: 20, cfg: 7, clipSkip: 1 },
  zeroesEmptyNegative: true,

  /** The pooled text, then the size that it was drawn for, where it was cropped, and the size that is wanted. */
  vector(pooled, { width, height, cropTop, cropLeft }) {
    const sizes = embedNumbers([height, width, cropTop, cropLeft, height, width], TOLD_WIDTH);
    return Float32Array.from([...pooled, ...sizes]);
  },

  parts: (index) =>
    unetParts(index, sdxl, {
      heads: { width: 64 },
      textEncoders: [
        {
          places: places.sdxlClipL,
          tokenizer: 'clip',
          activation: 'quickGelu',
          clipSkip: { usual: 2, follows: 'sdxl_clip_l_skip' },
          normed: false,
          pooled: false,
        },
        sdxlClipG(places.sdxlClipG),
      ],
      takesStoredNoise: false,
    }),

  vae: (index) => unetVae(index, sdxl),
};
