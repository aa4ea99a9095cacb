import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Mochi 1 (Genmo): moving pictures. */
export const mochi: KnownFamily = {
  id: 'mochi',
  title: 'Mochi 1',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}blocks.*.attn.qkv_x.weight`, says: { en: 'blocks for text and picture', zh: '双流块' } },
      { has: `${at}t5_yproj.weight`, says: { en: 'a projection of T5 text', zh: 'T5 文本投影' } },
    ],
    (at) => [
      { has: `${at}transformer_blocks.*.norm1_context.*`, says: { en: 'blocks for text and picture', zh: '双流块' } },
      { has: `${at}time_embed.pooler.*`, says: { en: 'a pooler of the text', zh: '文本汇聚层' } },
    ],
  ),
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 480,
  prediction: 'flow',
  claims: ['mochi'],
};
