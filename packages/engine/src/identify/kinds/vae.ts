import { MB, type Kind } from '../kind.ts';

/** VAE. */
export const vae: Kind = {
  id: 'vae',
  title: { en: 'VAE', zh: 'VAE' },
  folder: 'models/VAE',
  usualBytes: [150 * MB, 850 * MB],
  use: { en: 'turns latents into pictures: colours and fine detail', zh: '把潜变量变成图片，影响颜色与细节' },
};
