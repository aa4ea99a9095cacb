import type { AddOnLayout } from '../add-on.ts';

/** Keys as of cloneofsimo’s lora, the first there was. */
export const cloneofsimo: AddOnLayout = {
  id: 'cloneofsimo',
  title: { en: 'cloneofsimo', zh: 'cloneofsimo' },
  key: /^(?:unet|text_encoder):\d+:(?:up|down)$/,
  targets: [
    { start: 'unet:', id: 'denoiser' },
    { start: 'text_encoder:', id: 'text-encoder-1' },
  ],
};
