import type { Signature } from '../signature.ts';

/** An embedding for several text encoders. */
export const sdxlEmbedding: Signature = {
  id: 'sdxl-embedding',
  kind: 'embedding',
  title: { en: 'embedding for two or more text encoders', zh: '用于多个文本编码器的嵌入' },
  evidence: [
    {
      anyOf: [
        { has: 'clip_g', rank: 2 },
        { has: 'clip_g', rank: 1 },
      ],
      says: { en: 'vectors for the text encoder bigG', zh: '用于 bigG 文本编码器的向量' },
    },
    { tensors: [1, 8], says: { en: 'hardly anything else', zh: '几乎没有其他内容' } },
  ],
  vectors: ['clip_g'],
  fits: [{ families: ['sdxl'] }],
};
