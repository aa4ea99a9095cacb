import { MB, GB, type Kind } from '../kind.ts';

/** IP-Adapter. */
export const ipAdapter: Kind = {
  id: 'ip-adapter',
  title: { en: 'IP-Adapter', zh: 'IP-Adapter' },
  folder: 'models/ControlNet',
  usualBytes: [20 * MB, 6 * GB],
  use: { en: 'takes a picture as part of the prompt', zh: '把图片当作提示词的一部分' },
};
