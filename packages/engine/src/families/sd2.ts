import type { Family } from '../family.ts';
import { unetParts, unetVae } from '../parts/unet-parts.ts';
import type { Condition } from '../weights/evidence.ts';
import { places } from '../weights/keys/places.ts';
import { attendsTo, inDenoiser, takesChannels, unetLayouts } from '../weights/keys/unet-layouts.ts';
import { inpainting, vSigns } from '../weights/keys/unet-variants.ts';

/** unCLIP takes a vector: the picture that it draws variations of. */
const takesPictureVector: Condition = {
  anyOf: [
    { has: 'embedder.model.*' },
    { has: 'noise_augmentor.*' },
    inDenoiser('label_emb.0.0.weight'),
    { has: 'class_embedding.linear_1.weight' },
    { has: 'unet.class_embedding.linear_1.weight' },
  ],
};

/** Stable Diffusion 2.0 and 2.1 with their depth, inpainting, upscaling and unCLIP variants (Stability-AI/stablediffusion). */
export const sd2: Family = {
  id: 'sd2',
  title: 'Stable Diffusion 2.x',
  layouts: unetLayouts({ entry: 'linear layers', contextWidth: 1024 }, [
    {
      anyOf: [{ has: 'cond_stage_model.model.*' }, { has: 'embedder.model.*' }, attendsTo(1024)],
      says: {
        en: 'an OpenCLIP-H text encoder, or text vectors of its width (1024)',
        zh: '含 OpenCLIP-H 文本编码器，或文本向量宽 1024',
      },
    },
    {
      lacks: 'conditioner.*',
      says: { en: 'no list of text encoders (SDXL has one)', zh: '没有文本编码器列表（SDXL 才有）' },
    },
  ]),
  variants: [
    {
      id: 'unclip',
      title: { en: 'unCLIP', zh: 'unCLIP' },
      when: takesPictureVector,
      use: { en: 'draws variations of a picture', zh: '生成图片的变体' },
    },
    {
      id: 'depth',
      title: { en: 'depth to picture', zh: '深度图生图' },
      when: takesChannels(5),
      use: {
        en: 'keeps the depth of a picture and redraws the rest; needs a picture',
        zh: '保留图片的景深、重画其余部分；必须给出原图',
      },
    },
    {
      id: 'upscaler',
      title: { en: 'upscaler ×4', zh: '4 倍放大' },
      when: takesChannels(7),
      use: { en: 'enlarges a picture four times under a prompt', zh: '按提示词把图片放大 4 倍' },
    },
    inpainting,
  ],
  hasUnet: true,
  needs: ['denoiser', 'openclip-h', 'vae'],
  nativeSize: 768,
  nativeSizes: { eps: 512, v: 768 },
  // 512 models predict the noise and 768 models v; their keys and shapes are the same.
  prediction: undefined,
  predictions: [
    ...vSigns,
    {
      type: 'v',
      sign: {
        note: 'ss_base_model_version',
        like: /^sd_v2_v/,
        says: { en: 'its notes (ss_base_model_version)', zh: '其元数据（ss_base_model_version）' },
      },
    },
    {
      type: 'eps',
      sign: {
        note: 'modelspec.architecture',
        like: /v2-512/,
        says: { en: 'its notes (modelspec.architecture)', zh: '其元数据（modelspec.architecture）' },
      },
    },
    // The variants were all trained on the 512 model.
    {
      type: 'eps',
      sign: {
        anyOf: [takesChannels(9), takesChannels(5)],
        says: {
          en: 'its kind: inpainting and depth models were made from the 512 model',
          zh: '其类型：局部重绘与深度模型源自 512 模型',
        },
      },
    },
    {
      type: 'v',
      sign: {
        anyOf: [takesPictureVector],
        says: {
          en: 'its kind: unCLIP was made from the 768 model',
          zh: '其类型：unCLIP 源自 768 模型',
        },
      },
    },
    {
      type: 'v',
      sign: {
        anyOf: [takesChannels(7)],
        says: { en: 'its kind: the upscaler predicts v', zh: '其类型：放大模型预测 v' },
      },
    },
    { type: 'v', sign: { named: /768|[-_]v\.\w+$/i, says: { en: 'its file name only', zh: '仅凭文件名' } } },
    { type: 'eps', sign: { named: /512|base/i, says: { en: 'its file name only', zh: '仅凭文件名' } } },
  ],
  latent: { channels: 4, scale: 0.18215, factor: 8, tiny: 'taesd' },
  latentChannels: 4,
  addOns: {
    contextWidth: 1024,
    textWidths: [1024],
    kohya: { version: 'sd_v2', layers: 'diffusers', text: ['lora_te_'] },
  },
  claims: ['stable-diffusion-v2', 'sd_v2', 'sd_2', 'sd2'],
  noise: { from: 0.000_85, to: 0.012, steps: 1000, alignedFor: 'sd' },
  defaults: { steps: 20, cfg: 7, clipSkip: 1 },

  parts: (index) =>
    unetParts(index, sd2, {
      heads: { width: 64 },
      textEncoders: [
        {
          places: places.openClipH,
          tokenizer: 'open-clip',
          activation: 'gelu',
          // Trained on the last layer but one; nobody lets it be changed.
          clipSkip: { usual: 2, follows: 'never' },
          normed: true,
          pooled: false,
          shortened: true,
        },
      ],
      takesStoredNoise: true,
    }),

  vae: (index) => unetVae(index, sd2),
};
