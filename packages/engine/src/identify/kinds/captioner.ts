import type { Kind } from '../kind.ts';

/** Captioner. */
export const captioner: Kind = {
  id: 'captioner',
  title: { en: 'captioner', zh: '图片描述模型' },
  folder: undefined,
  usualBytes: undefined,
  use: { en: 'writes sentences about pictures', zh: '为图片写描述' },
};
