import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';
import { inDenoiser } from '../weights/keys/unet-layouts.ts';

/** Stable Diffusion 3 and 3.5 (arXiv:2403.03206). */
export const sd3: KnownFamily = {
  id: 'sd3',
  title: 'Stable Diffusion 3',
  layouts: transformerLayouts(
    (at) => [
      {
        has: `${at}joint_blocks.*.context_block.*`,
        says: { en: 'blocks in which text and picture attend to each other', zh: '文本与图像联合注意力的块' },
      },
      { has: `${at}x_embedder.proj.weight`, says: { en: 'an embedding of picture patches', zh: '图像分块嵌入' } },
    ],
    (at) => [
      {
        has: `${at}transformer_blocks.*.attn.add_q_proj.weight`,
        says: { en: 'blocks in which text and picture attend to each other', zh: '文本与图像联合注意力的块' },
      },
      { has: `${at}pos_embed.proj.weight`, says: { en: 'an embedding of picture patches', zh: '图像分块嵌入' } },
      { lacks: `${at}controlnet_*`, says: { en: 'no ControlNet', zh: '不含 ControlNet' } },
    ],
  ),
  variants: [
    {
      id: '3.5-large',
      title: { en: '3.5 large', zh: '3.5 large' },
      when: {
        anyOf: [inDenoiser('joint_blocks.37.x_block.mlp.fc1.weight'), { has: 'transformer_blocks.37.ff.net.2.weight' }],
      },
      use: { en: '8 billion weights', zh: '80 亿参数' },
    },
    {
      id: '3.5-medium',
      title: { en: '3.5 medium', zh: '3.5 medium' },
      when: {
        anyOf: [
          inDenoiser('joint_blocks.0.x_block.attn2.qkv.weight'),
          { has: 'transformer_blocks.0.attn2.to_q.weight' },
        ],
      },
      use: { en: '2.5 billion weights', zh: '25 亿参数' },
    },
  ],
  lists: [
    // The last block has nothing more to say to the text, and not all attend twice.
    { at: 'joint_blocks', varies: ['context_block.', 'x_block.attn2.'] },
    { at: 'transformer_blocks', varies: ['norm1_context.', 'ff_context.', 'attn.to_add_out.', 'attn2.'] },
  ],
  needs: ['denoiser', 'clip-l', 'openclip-g', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  latentChannels: 16,
  addOns: {
    contextWidth: 4096,
    textWidths: [768, 1280, 4096],
    modules: ['joint_blocks_', 'attn_add_q_proj', 'attn_add_k_proj', 'attn_add_v_proj'],
    widths: [1536, 2432],
  },
  claims: ['stable-diffusion-3', 'stable-diffusion-v3', 'sd3'],
};
