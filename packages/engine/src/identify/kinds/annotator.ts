import type { Kind } from '../kind.ts';

/** Annotator. */
export const annotator: Kind = {
  id: 'annotator',
  title: { en: 'annotator', zh: '预处理模型' },
  folder: undefined,
  usualBytes: undefined,
  use: {
    en: 'reads edges, poses, depth or areas off a picture for ControlNets',
    zh: '从图片提取边缘、姿势、景深或区域，供 ControlNet 使用',
  },
};
