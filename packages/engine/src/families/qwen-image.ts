import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Qwen-Image and Qwen-Image Edit (Qwen). */
export const qwenImage: KnownFamily = {
  id: 'qwen-image',
  title: 'Qwen-Image',
  layouts: transformerLayouts((at) => [
    {
      has: `${at}transformer_blocks.*.img_mod.1.weight`,
      says: { en: 'blocks for text and picture with modulations of their own', zh: '双流块，各自调制' },
    },
    { has: `${at}txt_norm.weight`, says: { en: 'a norm of the text', zh: '文本归一化' } },
  ]),
  lists: [{ at: 'transformer_blocks' }],
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1328,
  prediction: 'flow',
  addOns: {
    modules: [
      'img_mod_1',
      'txt_mod_1',
      'img_mlp_net_0_proj',
      'txt_mlp_net_0_proj',
      '^transformer_blocks_19_attn_add_q_proj',
      '^transformer_blocks_19_attn_add_k_proj',
      '^transformer_blocks_19_attn_to_q',
      '^transformer_blocks_59_',
    ],
  },
  claims: ['qwen-image', 'qwen_image'],
};
