import type { Kind } from '../kind.ts';

/** Text encoder. */
export const textEncoder: Kind = {
  id: 'text-encoder',
  title: { en: 'text encoder', zh: '文本编码器' },
  folder: 'models/text_encoders',
  usualBytes: undefined,
  use: { en: 'reads the prompt for models that come without one', zh: '为不含文本编码器的模型读取提示词' },
};
