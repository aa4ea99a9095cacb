import type { AddOnLayout } from '../add-on.ts';

/** Keys as of the peft library, as the diffusers library saves it. */
export const peft: AddOnLayout = {
  id: 'peft',
  title: { en: 'PEFT (diffusers)', zh: 'PEFT（diffusers）' },
  key: /^(?:unet|transformer|text_encoder(?:_\d)?)\..*\.(?:lora_[AB](?:\.default)?\.(?:weight|bias)|hada_w\w+|lokr_\w+)$/,
  targets: [
    { start: 'unet.', id: 'denoiser' },
    { start: 'transformer.', id: 'denoiser' },
    { start: 'text_encoder.', id: 'text-encoder-1' },
    { start: 'text_encoder_2.', id: 'text-encoder-2' },
    { start: 'text_encoder_3.', id: 'text-encoder-3' },
  ],
};
