import type { Signature } from '../signature.ts';

/** CodeFormer (arXiv:2206.11253). */
export const codeformer: Signature = {
  id: 'codeformer',
  kind: 'face-restorer',
  title: { en: 'CodeFormer', zh: 'CodeFormer' },
  evidence: [
    { has: 'position_emb', says: { en: 'a transformer over codes', zh: '码本上的 Transformer' } },
    { has: 'quantize.embedding.weight', says: { en: 'a codebook of faces', zh: '面部码本' } },
    { has: 'ft_layers.*', says: { en: 'its layers', zh: '其各层' } },
  ],
  lists: [{ at: 'ft_layers' }],
};
