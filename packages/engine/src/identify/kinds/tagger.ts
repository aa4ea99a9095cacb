import type { Kind } from '../kind.ts';

/** Tagger. */
export const tagger: Kind = {
  id: 'tagger',
  title: { en: 'tagger', zh: '标签识别模型' },
  folder: 'models/tagger',
  usualBytes: undefined,
  use: { en: 'writes tags for pictures', zh: '为图片打标签' },
};
