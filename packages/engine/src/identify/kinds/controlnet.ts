import { MB, GB, type Kind } from '../kind.ts';

/** ControlNet. */
export const controlnet: Kind = {
  id: 'controlnet',
  title: { en: 'ControlNet', zh: 'ControlNet' },
  folder: 'models/ControlNet',
  usualBytes: [100 * MB, 6 * GB],
  use: { en: 'makes pictures follow edges, a pose or a depth', zh: '让图片依照边缘、姿势或景深' },
};
