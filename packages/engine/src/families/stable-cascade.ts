import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';
import { inDenoiser } from '../weights/keys/unet-layouts.ts';

/** Stable Cascade, in two stages (arXiv:2306.00637). */
export const stableCascade: KnownFamily = {
  id: 'stable-cascade',
  title: 'Stable Cascade',
  layouts: transformerLayouts((at) => [
    {
      has: `${at}down_blocks.0.0.channelwise.0.weight`,
      says: { en: 'blocks that mix channel by channel', zh: '逐通道混合的块' },
    },
    { has: `${at}clip_*mapper.weight`, says: { en: 'a projection of CLIP’s text', zh: 'CLIP 文本投影' } },
  ]),
  variants: [
    {
      id: 'stage-c',
      title: { en: 'stage C (prior)', zh: '阶段 C（先验）' },
      when: inDenoiser('clip_txt_mapper.weight'),
      use: { en: 'the first stage: draws small latents from the prompt', zh: '第一阶段：由提示词生成小潜变量' },
    },
    {
      id: 'stage-b',
      title: { en: 'stage B (decoder)', zh: '阶段 B（解码）' },
      when: inDenoiser('effnet_mapper.0.weight'),
      use: {
        en: 'the second stage: draws the picture’s latents from those of stage C',
        zh: '第二阶段：由阶段 C 的结果生成图像潜变量',
      },
    },
  ],
  needs: ['denoiser', 'openclip-g', 'vae'],
  nativeSize: 1024,
  prediction: 'eps',
  claims: ['stable-cascade'],
};
