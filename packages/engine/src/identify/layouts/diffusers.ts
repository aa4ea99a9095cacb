import type { AddOnLayout } from '../add-on.ts';

/** Keys as of the diffusers library of late 2023. */
export const diffusers: AddOnLayout = {
  id: 'diffusers',
  title: { en: 'diffusers', zh: 'diffusers' },
  key: /\.(?:lora|lora_linear_layer)\.(?:down|up)\./,
  targets: [
    { start: 'unet.', id: 'denoiser' },
    { start: 'transformer.', id: 'denoiser' },
    { start: 'text_encoder.', id: 'text-encoder-1' },
    { start: 'text_encoder_2.', id: 'text-encoder-2' },
    { start: 'text_encoder_3.', id: 'text-encoder-3' },
    { start: '', id: 'denoiser' },
  ],
};
