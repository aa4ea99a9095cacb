import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Flux.2 dev and klein (black-forest-labs/flux2). */
export const flux2: KnownFamily = {
  id: 'flux2',
  title: 'Flux.2',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}double_blocks.*.img_attn.qkv.weight`, says: { en: 'blocks for text and picture', zh: '双流块' } },
      {
        has: `${at}double_stream_modulation_img.*`,
        says: { en: 'modulations that blocks share', zh: '各块共用的调制量' },
      },
    ],
    (at) => [
      { has: `${at}single_transformer_blocks.*`, says: { en: 'blocks for text and picture together', zh: '单流块' } },
      {
        has: `${at}double_stream_modulation_img.*`,
        says: { en: 'modulations that blocks share', zh: '各块共用的调制量' },
      },
    ],
  ),
  lists: [
    { at: 'double_blocks' },
    { at: 'single_blocks' },
    { at: 'transformer_blocks' },
    { at: 'single_transformer_blocks' },
  ],
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  addOns: { modules: ['double_blocks_', 'single_blocks_', 'to_qkv_mlp_proj'], widths: [4096, 6144] },
  claims: ['flux-2', 'flux2'],
};
