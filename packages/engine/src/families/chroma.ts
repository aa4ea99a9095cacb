import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Chroma, made from Flux.1 schnell (lodestones). */
export const chroma: KnownFamily = {
  id: 'chroma',
  title: 'Chroma',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}double_blocks.*.img_attn.qkv.weight`, says: { en: 'blocks for text and picture', zh: '双流块' } },
      {
        has: `${at}distilled_guidance_layer.*`,
        says: { en: 'a network that makes the modulations', zh: '生成调制量的网络' },
      },
    ],
    (at) => [
      {
        has: `${at}single_transformer_blocks.*.proj_mlp.weight`,
        says: { en: 'blocks for text and picture together', zh: '单流块' },
      },
      {
        has: `${at}distilled_guidance_layer.*`,
        says: { en: 'a network that makes the modulations', zh: '生成调制量的网络' },
      },
    ],
  ),
  lists: [
    { at: 'double_blocks' },
    { at: 'single_blocks' },
    { at: 'transformer_blocks' },
    { at: 'single_transformer_blocks' },
  ],
  needs: ['denoiser', 't5', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  addOns: { modules: ['distilled_guidance_layer'] },
  claims: ['chroma'],
};
