import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Hunyuan-DiT, which understands Chinese (arXiv:2405.08748). */
export const hunyuanDit: KnownFamily = {
  id: 'hunyuan-dit',
  title: 'Hunyuan-DiT',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}mlp_t5.0.weight`, says: { en: 'a projection of T5 text', zh: 'T5 文本投影' } },
      {
        has: `${at}blocks.*.attn1.Wqkv.weight`,
        says: { en: 'blocks with joined queries, keys and values', zh: '合并 QKV 的块' },
      },
    ],
    (at) => [
      { has: `${at}text_embedder.linear_1.weight`, says: { en: 'a projection of T5 text', zh: 'T5 文本投影' } },
      { has: `${at}time_extra_emb.*`, says: { en: 'an embedding of sizes and style', zh: '尺寸与风格嵌入' } },
      { lacks: `${at}controlnet*`, says: { en: 'no ControlNet', zh: '不含 ControlNet' } },
    ],
  ),
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'v',
  claims: ['hunyuan-dit', 'hydit'],
};
