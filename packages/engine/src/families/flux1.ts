import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';
import { inDenoiser } from '../weights/keys/unet-layouts.ts';

/** Flux.1 dev, schnell and the tools made from dev (black-forest-labs/flux). */
export const flux1: KnownFamily = {
  id: 'flux1',
  title: 'Flux.1',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}double_blocks.*.img_attn.qkv.weight`, says: { en: 'blocks for text and picture', zh: '双流块' } },
      { has: `${at}single_blocks.*.linear1.weight`, says: { en: 'blocks for both together', zh: '单流块' } },
      {
        lacks: `${at}distilled_guidance_layer.*`,
        says: { en: 'no network that makes modulations (Chroma has one)', zh: '没有生成调制量的网络（Chroma 才有）' },
      },
      {
        lacks: `${at}double_stream_modulation_img.*`,
        says: {
          en: 'each block has modulations of its own (in Flux.2 they share them)',
          zh: '每块有各自的调制量（Flux.2 共用）',
        },
      },
      { lacks: `${at}controlnet_blocks.*`, says: { en: 'no ControlNet', zh: '不含 ControlNet' } },
    ],
    (at) => [
      {
        has: `${at}single_transformer_blocks.*.proj_mlp.weight`,
        says: { en: 'blocks for text and picture together', zh: '单流块' },
      },
      {
        has: `${at}transformer_blocks.*.norm1_context.linear.weight`,
        says: { en: 'each block has modulations of its own', zh: '每块有各自的调制量' },
      },
      { lacks: `${at}controlnet_*`, says: { en: 'no ControlNet', zh: '不含 ControlNet' } },
      {
        lacks: `${at}context_embedder.token_refiner.*`,
        says: { en: 'no refiner of text tokens (HunyuanVideo has one)', zh: '没有文本标记精炼器（HunyuanVideo 才有）' },
      },
    ],
  ),
  variants: [
    {
      id: 'fill',
      title: { en: 'Fill', zh: 'Fill（填补）' },
      when: { anyOf: [inDenoiser('img_in.weight', { 1: 384 }), { has: 'x_embedder.weight', sizes: { 1: 384 } }] },
      use: { en: 'fills masked parts of a picture', zh: '填补图片的遮罩区域' },
    },
    {
      id: 'control',
      title: { en: 'Canny or Depth', zh: 'Canny 或 Depth' },
      when: { anyOf: [inDenoiser('img_in.weight', { 1: 128 }), { has: 'x_embedder.weight', sizes: { 1: 128 } }] },
      use: { en: 'follows the edges or the depth of a picture', zh: '依照图片的边缘或景深作图' },
    },
    {
      id: 'dev',
      title: { en: 'dev', zh: 'dev' },
      when: {
        anyOf: [
          inDenoiser('guidance_in.in_layer.weight'),
          { has: 'time_text_embed.guidance_embedder.linear_1.weight' },
        ],
      },
      use: { en: 'draws in 20 to 50 steps', zh: '20 到 50 步出图' },
    },
    {
      id: 'schnell',
      title: { en: 'schnell', zh: 'schnell' },
      when: {
        allOf: [
          { lacks: 'model.diffusion_model.guidance_in.*' },
          { lacks: 'guidance_in.*' },
          { lacks: 'time_text_embed.guidance_embedder.*' },
        ],
      },
      use: { en: 'draws in 1 to 4 steps', zh: '1 到 4 步即可出图' },
    },
  ],
  lists: [
    { at: 'double_blocks' },
    { at: 'single_blocks' },
    { at: 'transformer_blocks' },
    { at: 'single_transformer_blocks' },
  ],
  needs: ['denoiser', 'clip-l', 't5', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  latentChannels: 16,
  addOns: {
    modules: [
      'double_blocks_',
      'single_blocks_',
      'single_transformer_blocks_',
      'attn_add_q_proj',
      'attn_add_k_proj',
      'attn_add_v_proj',
    ],
    widths: [3072],
  },
  claims: ['flux-1', 'flux1', 'flux'],
};
