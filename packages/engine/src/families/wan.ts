import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Wan 2.1 and 2.2 (Wan-AI): moving pictures. */
export const wan: KnownFamily = {
  id: 'wan',
  title: 'Wan',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}head.modulation`, says: { en: 'a head with modulations', zh: '带调制的输出层' } },
      {
        has: `${at}blocks.*.cross_attn.k.weight`,
        says: { en: 'attention to text in every block', zh: '每块都有文本注意力' },
      },
    ],
    (at) => [
      {
        has: `${at}condition_embedder.text_embedder.linear_1.weight`,
        says: { en: 'a projection of the text', zh: '文本投影' },
      },
      {
        has: `${at}blocks.*.attn2.to_k.weight`,
        says: { en: 'attention to text in every block', zh: '每块都有文本注意力' },
      },
      {
        has: `${at}patch_embedding.weight`,
        rank: 5,
        says: { en: 'an embedding of patches of a video', zh: '视频分块嵌入' },
      },
    ],
  ),
  lists: [{ at: 'blocks' }],
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 480,
  prediction: 'flow',
  addOns: { modules: ['cross_attn_k', 'cross_attn_q', 'self_attn_q'], widths: [1536, 3072, 5120] },
  claims: ['wan'],
};
