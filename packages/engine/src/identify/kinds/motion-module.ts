import { MB, GB, type Kind } from '../kind.ts';

/** Motion module (AnimateDiff). */
export const motionModule: Kind = {
  id: 'motion-module',
  title: { en: 'motion module (AnimateDiff)', zh: '运动模块（AnimateDiff）' },
  folder: 'models/AnimateDiff',
  usualBytes: [300 * MB, 2 * GB],
  use: { en: 'makes short moving pictures', zh: '生成短动画' },
};
