import type { AddOnLayout } from '../add-on.ts';

/** Keys as of kohya’s scripts, and most files in circulation. */
export const kohya: AddOnLayout = {
  id: 'kohya',
  title: { en: 'kohya', zh: 'kohya' },
  key: /^lora_(?:unet|te\d?)_[^.]*\.[^.]+(?:\.weight)?$/,
  targets: [
    { start: 'lora_unet_', id: 'denoiser' },
    { start: 'lora_te_', id: 'text-encoder-1' },
    { start: 'lora_te1_', id: 'text-encoder-1' },
    { start: 'lora_te2_', id: 'text-encoder-2' },
    { start: 'lora_te3_', id: 'text-encoder-3' },
  ],
};
