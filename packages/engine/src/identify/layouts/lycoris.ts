import type { AddOnLayout } from '../add-on.ts';

/** Keys as of the lycoris library used alone. */
export const lycoris: AddOnLayout = {
  id: 'lycoris',
  title: { en: 'LyCORIS library', zh: 'LyCORIS 库' },
  key: /^lycoris_[^.]*\./,
  targets: [{ start: 'lycoris_', id: 'denoiser' }],
};
