import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Cosmos (NVIDIA) and models made from it: pictures and moving pictures. */
export const cosmos: KnownFamily = {
  id: 'cosmos',
  title: 'Cosmos',
  layouts: transformerLayouts((at) => [
    { has: `${at}x_embedder.proj.1.weight`, says: { en: 'an embedding of patches', zh: '分块嵌入' } },
    {
      has: `${at}blocks.*.cross_attn.k_proj.weight`,
      says: { en: 'attention to text in every block', zh: '每块都有文本注意力' },
    },
  ]),
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  addOns: { modules: ['cross_attn_k_proj', 'cross_attn_q_proj', 'self_attn_q_proj'], widths: [2048, 5120] },
  claims: ['cosmos', 'anima'],
};
