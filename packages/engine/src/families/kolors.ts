import type { KnownFamily } from '../family.ts';

/** Kolors: an SDXL UNet behind the text encoder ChatGLM3, which understands Chinese (Kwai-Kolors). */
export const kolors: KnownFamily = {
  id: 'kolors',
  title: 'Kolors',
  layouts: [
    {
      id: 'diffusers',
      evidence: [
        {
          has: 'down_blocks.*.resnets.*',
          says: { en: 'a UNet with the names of the diffusers library', zh: '按 diffusers 库命名的 UNet' },
        },
        {
          has: 'encoder_hid_proj.weight',
          says: { en: 'a projection of ChatGLM’s text vectors', zh: 'ChatGLM 文本向量的投影' },
        },
        {
          has: 'add_embedding.linear_1.weight',
          says: { en: 'an embedding of sizes', zh: '尺寸嵌入' },
        },
      ],
    },
  ],
  hasUnet: true,
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'eps',
  claims: ['kolors'],
};
