import { KB, MB, type Kind } from '../kind.ts';

/** Upscaler. */
export const upscaler: Kind = {
  id: 'upscaler',
  title: { en: 'upscaler', zh: '放大模型' },
  folder: 'models/ESRGAN',
  usualBytes: [500 * KB, 700 * MB],
  use: { en: 'enlarges finished pictures', zh: '放大成品图片' },
};
