import { KB, type Kind } from '../kind.ts';

/** Embedding (Textual Inversion). */
export const embedding: Kind = {
  id: 'embedding',
  title: { en: 'embedding (Textual Inversion)', zh: '嵌入（Textual Inversion）' },
  folder: 'embeddings',
  usualBytes: [3 * KB, 500 * KB],
  use: {
    en: 'a word with a learned meaning; in a prompt: NAME',
    zh: '一个“学来的词”；提示词写 NAME',
  },
};
