import type { AddOnLayout } from '../add-on.ts';

/** Keys as of XLabs’ trainer for Flux.1. */
export const xlabs: AddOnLayout = {
  id: 'xlabs',
  title: { en: 'XLabs', zh: 'XLabs' },
  key: /\.processor\.\w+_lora\d?\./,
  targets: [{ start: '', id: 'denoiser' }],
};
