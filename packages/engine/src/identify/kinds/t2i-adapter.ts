import { MB, type Kind } from '../kind.ts';

/** T2I-Adapter. */
export const t2iAdapter: Kind = {
  id: 't2i-adapter',
  title: { en: 'T2I-Adapter', zh: 'T2I-Adapter' },
  folder: 'models/ControlNet',
  usualBytes: [50 * MB, 400 * MB],
  use: {
    en: 'makes pictures follow edges, a pose or a depth, more lightly than a ControlNet',
    zh: '让图片依照边缘、姿势或景深，比 ControlNet 轻',
  },
};
