import type { Kind } from '../kind.ts';

/** Training state, not a model. */
export const trainingState: Kind = {
  id: 'training-state',
  title: { en: 'training state, not a model', zh: '训练状态，不是模型' },
  folder: undefined,
  usualBytes: undefined,
  use: { en: 'continues the training that wrote it; it cannot be drawn with', zh: '用于继续当时的训练，不能用来出图' },
};
