import type { AddOnLayout } from '../add-on.ts';

/** Keys as of ai-toolkit and ComfyUI. */
export const aiToolkit: AddOnLayout = {
  id: 'ai-toolkit',
  title: { en: 'ai-toolkit, ComfyUI', zh: 'ai-toolkit、ComfyUI' },
  key: /^(?:diffusion_model|text_encoders|clip_[lg])\./,
  targets: [
    { start: 'diffusion_model.', id: 'denoiser' },
    { start: 'text_encoders.clip_l.', id: 'text-encoder-1' },
    { start: 'text_encoders.clip_g.', id: 'text-encoder-2' },
    { start: 'text_encoders.', id: 'text-encoder-1' },
    { start: 'clip_l.', id: 'text-encoder-1' },
    { start: 'clip_g.', id: 'text-encoder-2' },
  ],
};
