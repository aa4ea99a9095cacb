import { MB, type Kind } from '../kind.ts';

/** Tiny VAE (TAESD). */
export const taesd: Kind = {
  id: 'taesd',
  title: { en: 'tiny VAE (TAESD)', zh: '微型 VAE（TAESD）' },
  folder: 'models/VAE-approx',
  usualBytes: [2 * MB, 20 * MB],
  use: { en: 'previews while a picture is drawn', zh: '出图过程中的预览' },
};
