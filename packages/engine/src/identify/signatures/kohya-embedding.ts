import type { Signature } from '../signature.ts';

/** An embedding as kohya’s scripts save it. */
export const kohyaEmbedding: Signature = {
  id: 'kohya-embedding',
  kind: 'embedding',
  title: { en: 'embedding', zh: '嵌入' },
  evidence: [
    { has: 'emb_params', says: { en: 'vectors for a word (emb_params)', zh: '一个词的向量（emb_params）' } },
    { tensors: [1, 4], says: { en: 'hardly anything else', zh: '几乎没有其他内容' } },
  ],
  vectors: ['emb_params'],
  fits: [{ by: 'textWidth', at: ['emb_params'], axis: 1 }],
};
