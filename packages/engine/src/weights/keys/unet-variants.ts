import type { FamilyVariant, KnownFamily } from '../../family.ts';
import { takesChannels } from './unet-layouts.ts';

/** Takes a mask and the picture around it beside the noise. */
export const inpainting: FamilyVariant = {
  id: 'inpainting',
  title: { en: 'inpainting', zh: '局部重绘' },
  when: takesChannels(9),
  use: {
    en: 'fills masked parts of a picture; better at that than the plain model, worse at everything else',
    zh: '用于填补遮罩区域；局部重绘优于普通模型，其他用途则不如',
  },
};

/** Takes a picture to edit beside the noise. */
export const instructPix2pix: FamilyVariant = {
  id: 'instruct-pix2pix',
  title: { en: 'InstructPix2Pix', zh: 'InstructPix2Pix' },
  when: takesChannels(8),
  use: {
    en: 'changes a picture by an instruction such as “make it winter”; needs a picture',
    zh: '按“变成冬天”之类的指令修改图片；必须给出原图',
  },
};

/** Takes the strength of guidance as an input, as latent consistency models do. */
export const guidanceInside: FamilyVariant = {
  id: 'lcm',
  title: { en: 'latent consistency model', zh: '潜在一致性模型（LCM）' },
  when: {
    anyOf: [
      { has: 'time_embedding.cond_proj.weight' },
      { has: 'model.diffusion_model.time_embed.cond_proj.weight' },
      { has: 'time_embed.cond_proj.weight' },
    ],
  },
  use: { en: 'draws in 2 to 8 steps', zh: '2 到 8 步即可出图' },
};

/** How a UNet checkpoint says that it predicts v. */
export const vSigns: NonNullable<KnownFamily['predictions']> = [
  {
    type: 'v',
    sign: { has: 'v_pred', says: { en: 'the marker tensor “v_pred”', zh: '标记张量“v_pred”' } },
  },
  {
    type: 'v',
    sign: {
      note: 'modelspec.prediction_type',
      like: /^v/i,
      says: { en: 'its notes (modelspec.prediction_type)', zh: '其元数据（modelspec.prediction_type）' },
    },
  },
  {
    type: 'v',
    sign: {
      note: 'modelspec.architecture',
      like: /-v$|-v\b.*vpred/i,
      says: { en: 'its notes (modelspec.architecture)', zh: '其元数据（modelspec.architecture）' },
    },
  },
  {
    type: 'eps',
    sign: {
      note: 'modelspec.prediction_type',
      like: /^eps/i,
      says: { en: 'its notes (modelspec.prediction_type)', zh: '其元数据（modelspec.prediction_type）' },
    },
  },
  {
    type: 'v',
    sign: {
      named: /v[-_. ]?pred/i,
      says: { en: 'its file name only', zh: '仅凭文件名' },
    },
  },
];
