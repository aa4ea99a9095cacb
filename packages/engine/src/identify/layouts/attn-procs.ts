import type { AddOnLayout } from '../add-on.ts';

/** Keys as of the diffusers library of early 2023. */
export const attnProcs: AddOnLayout = {
  id: 'attn-procs',
  title: { en: 'diffusers, attention processors', zh: 'diffusers 注意力处理器' },
  key: /\.processor\.to_(?:q|k|v|out)_lora\./,
  targets: [
    { start: 'unet.', id: 'denoiser' },
    { start: 'text_encoder.', id: 'text-encoder-1' },
    { start: '', id: 'denoiser' },
  ],
};
