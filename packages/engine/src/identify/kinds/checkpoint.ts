import { GB, type Kind } from '../kind.ts';

/** Checkpoint. */
export const checkpoint: Kind = {
  id: 'checkpoint',
  title: { en: 'checkpoint', zh: '主模型（大模型）' },
  folder: 'models/Stable-diffusion',
  usualBytes: [1 * GB, 7.9 * GB],
  use: { en: 'draws pictures', zh: '用于出图' },
};
