import type { AddOnLayout } from '../add-on.ts';

/** Keys as of OneTrainer, for transformers. */
export const oneTrainer: AddOnLayout = {
  id: 'one-trainer',
  title: { en: 'OneTrainer', zh: 'OneTrainer' },
  key: /^lora_(?:transformer|prior)_[^.]*\./,
  mixes: ['kohya'],
  targets: [
    { start: 'lora_transformer_', id: 'denoiser' },
    { start: 'lora_prior_', id: 'denoiser' },
    { start: 'lora_te_', id: 'text-encoder-1' },
    { start: 'lora_te1_', id: 'text-encoder-1' },
    { start: 'lora_te2_', id: 'text-encoder-2' },
    { start: 'lora_te3_', id: 'text-encoder-3' },
  ],
};
