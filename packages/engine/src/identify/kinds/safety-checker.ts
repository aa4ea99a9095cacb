import type { Kind } from '../kind.ts';

/** Safety checker. */
export const safetyChecker: Kind = {
  id: 'safety-checker',
  title: { en: 'safety checker', zh: '安全检查模型' },
  folder: undefined,
  usualBytes: undefined,
  use: { en: 'finds pictures that not everyone should see', zh: '识别不宜展示的图片' },
};
