import type { AddOnLayout } from '../add-on.ts';

/** Keys as of the peft library by itself. */
export const peftModel: AddOnLayout = {
  id: 'peft-model',
  title: { en: 'PEFT (adapter_model)', zh: 'PEFT（adapter_model）' },
  key: /^base_model\.model\./,
  targets: [
    { start: 'base_model.model.model.text_model.', id: 'text-encoder-1' },
    { start: 'base_model.model.text_model.', id: 'text-encoder-1' },
    { start: 'base_model.model.', id: 'denoiser' },
  ],
};
