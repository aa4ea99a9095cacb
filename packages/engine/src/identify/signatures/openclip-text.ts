import type { Signature } from '../signature.ts';

/** A CLIP text encoder as OpenCLIP names it. */
export const openclipText: Signature = {
  id: 'openclip-text',
  kind: 'text-encoder',
  title: { en: 'OpenCLIP text encoder', zh: 'OpenCLIP 文本编码器' },
  evidence: [
    {
      anyOf: [{ has: 'transformer.resblocks.*' }, { has: 'model.transformer.resblocks.*' }],
      says: { en: 'residual blocks of a transformer', zh: 'Transformer 残差块' },
    },
    {
      anyOf: [{ has: 'token_embedding.weight' }, { has: 'model.token_embedding.weight' }],
      says: { en: 'an embedding of tokens', zh: '标记嵌入' },
    },
  ],
  variants: [
    {
      id: 'openclip-h',
      title: { en: 'OpenCLIP-H', zh: 'OpenCLIP-H' },
      when: {
        anyOf: [
          { has: 'token_embedding.weight', sizes: { 1: 1024 } },
          { has: 'model.token_embedding.weight', sizes: { 1: 1024 } },
        ],
      },
    },
    {
      id: 'openclip-g',
      title: { en: 'OpenCLIP-bigG', zh: 'OpenCLIP-bigG' },
      when: {
        anyOf: [
          { has: 'token_embedding.weight', sizes: { 1: 1280 } },
          { has: 'model.token_embedding.weight', sizes: { 1: 1280 } },
        ],
      },
    },
    {
      id: 'clip-l',
      title: { en: 'CLIP-L', zh: 'CLIP-L' },
      when: {
        anyOf: [
          { has: 'token_embedding.weight', sizes: { 1: 768 } },
          { has: 'model.token_embedding.weight', sizes: { 1: 768 } },
        ],
      },
    },
  ],
  structure: 'openclip-text',
};
