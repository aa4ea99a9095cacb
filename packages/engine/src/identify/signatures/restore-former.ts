import type { Signature } from '../signature.ts';

/** RestoreFormer (arXiv:2201.06374). */
export const restoreFormer: Signature = {
  id: 'restore-former',
  kind: 'face-restorer',
  title: { en: 'RestoreFormer', zh: 'RestoreFormer' },
  evidence: [
    { has: 'quantize.embedding.weight', says: { en: 'a codebook of faces', zh: '面部码本' } },
    { has: 'decoder.up.5.*', says: { en: 'six levels', zh: '六级结构' } },
    { lacks: 'position_emb', says: { en: 'no transformer over codes', zh: '没有码本上的 Transformer' } },
  ],
};
