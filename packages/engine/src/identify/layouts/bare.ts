import type { AddOnLayout } from '../add-on.ts';

/** Keys as of several trainers: the model’s own paths. */
export const bare: AddOnLayout = {
  id: 'bare',
  title: { en: 'the model’s own paths', zh: '模型自身路径' },
  key: /^(?!lora_|lycoris_|unet\.|transformer\.|text_encoder|base_model\.|diffusion_model\.|clip_[lg]\.|bundle_emb\.)[\w.]+\.(?:lora_(?:[AB](?:\.default)?|down|up)\.(?:weight|bias)|hada_w\w+|lokr_\w+|diff|diff_b|oft_blocks)$/,
  targets: [{ start: '', id: 'denoiser' }],
};
