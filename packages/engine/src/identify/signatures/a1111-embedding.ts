import type { Signature } from '../signature.ts';

/** An embedding as A1111 saves it. */
export const a1111Embedding: Signature = {
  id: 'a1111-embedding',
  kind: 'embedding',
  title: { en: 'embedding', zh: '嵌入' },
  evidence: [
    {
      has: 'string_to_param.*',
      says: { en: 'vectors for a word (string_to_param)', zh: '一个词的向量（string_to_param）' },
    },
    { tensors: [1, 8], says: { en: 'hardly anything else', zh: '几乎没有其他内容' } },
  ],
  vectors: ['string_to_param.*'],
  fits: [{ by: 'textWidth', at: ['string_to_param.*'], axis: 1 }],
};
