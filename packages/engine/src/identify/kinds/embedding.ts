import { KB, type Kind } from '../kind.ts';

/** Embedding (Textual Inversion). */
export const embedding: Kind = {
  id: 'embedding',
  title: { en: 'embedding (Textual Inversion)', zh: '嵌入（Textual Inversion）' },
  folder: 'embeddings',
  usualBytes: [3 * KB, 500 * KB],
  use: { en: 'a word of the prompt with a learned meaning', zh: '提示词里的一个“学来的词”' },
};
