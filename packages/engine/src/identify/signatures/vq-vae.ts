import type { Signature } from '../signature.ts';

/** A VAE with a codebook: Stable Cascade stage A and older autoencoders. */
export const vqVae: Signature = {
  id: 'vq-vae',
  kind: 'vae',
  title: { en: 'VAE with a codebook (VQ)', zh: '带码本的 VAE（VQ）' },
  evidence: [
    {
      anyOf: [{ has: 'quantize.embedding.weight' }, { has: 'vquantizer.codebook.weight' }],
      says: { en: 'a codebook', zh: '码本' },
    },
    {
      anyOf: [
        { has: 'encoder.down.*' },
        { has: 'down_blocks.*' },
        { has: 'decoder.up_blocks.*' },
        { has: 'in_block.*' },
      ],
      says: { en: 'an encoder with levels', zh: '分级编码器' },
    },
    { lacks: 'position_emb', says: { en: 'no transformer between', zh: '中间没有 Transformer' } },
    { lacks: 'decoder.up.5.*', says: { en: 'fewer levels than a face restorer', zh: '级数少于面部修复模型' } },
  ],
};
