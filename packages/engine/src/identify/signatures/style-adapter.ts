import type { Signature } from '../signature.ts';

/** A T2I-Adapter for style. */
export const styleAdapter: Signature = {
  id: 'style-adapter',
  kind: 't2i-adapter',
  title: { en: 'T2I-Adapter for style', zh: 'T2I 风格适配器' },
  evidence: [
    { has: 'style_embedding', says: { en: 'vectors for style', zh: '风格向量' } },
    {
      has: 'transformer_layes.*',
      says: { en: 'small transformer layers (spelt as the file spells it)', zh: '小型 Transformer 层' },
    },
  ],
  fits: [{ families: ['sd1'] }],
};
