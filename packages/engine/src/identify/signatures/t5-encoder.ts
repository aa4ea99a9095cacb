import type { Signature } from '../signature.ts';

/** The encoder of T5 or UMT5 (arXiv:1910.10683). */
export const t5Encoder: Signature = {
  id: 't5-encoder',
  kind: 'text-encoder',
  title: { en: 'T5 text encoder', zh: 'T5 文本编码器' },
  evidence: [
    {
      anyOf: [{ has: 'encoder.block.*.layer.0.SelfAttention.q.weight' }, { has: 'enc.blk.*.attn_q.weight' }],
      says: { en: 'blocks of a T5 encoder', zh: 'T5 编码器的块' },
    },
    { lacks: 'decoder.block.*', says: { en: 'no decoder', zh: '没有解码器' } },
  ],
  variants: [
    {
      id: 'umt5-xxl',
      title: { en: 'UMT5-XXL', zh: 'UMT5-XXL' },
      when: {
        anyOf: [
          { has: 'shared.weight', sizes: { 0: 256384 } },
          { has: 'encoder.embed_tokens.weight', sizes: { 0: 256384 } },
          { has: 'token_embd.weight', sizes: { 0: 256384 } },
        ],
      },
    },
    {
      id: 't5-xxl',
      title: { en: 'T5-XXL', zh: 'T5-XXL' },
      when: {
        anyOf: [
          { has: 'shared.weight', sizes: { 1: 4096 } },
          { has: 'encoder.embed_tokens.weight', sizes: { 1: 4096 } },
          { has: 'token_embd.weight', sizes: { 1: 4096 } },
        ],
      },
    },
  ],
  lists: [
    { at: 'encoder.block', varies: ['layer.0.SelfAttention.relative_attention_bias'] },
    { at: 'enc.blk', varies: ['attn_rel_b'] },
  ],
};
