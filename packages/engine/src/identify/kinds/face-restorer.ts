import { MB, type Kind } from '../kind.ts';

/** Face restorer. */
export const faceRestorer: Kind = {
  id: 'face-restorer',
  title: { en: 'face restorer', zh: '面部修复模型' },
  folder: 'models/GFPGAN',
  usualBytes: [50 * MB, 500 * MB],
  use: { en: 'repairs faces', zh: '修复面部' },
};
