import type { Signature } from '../signature.ts';

/** An IP-Adapter (arXiv:2308.06721). */
export const ipAdapter: Signature = {
  id: 'ip-adapter',
  kind: 'ip-adapter',
  title: { en: 'IP-Adapter', zh: 'IP-Adapter' },
  evidence: [
    { has: 'ip_adapter.*.to_k_ip.weight', says: { en: 'keys and values for picture tokens', zh: '图像标记的键与值' } },
  ],
  variants: [
    {
      id: 'faceid',
      title: { en: 'FaceID', zh: 'FaceID（人脸）' },
      when: {
        anyOf: [
          { has: 'image_proj.proj.0.weight' },
          { has: 'ip_adapter.*.to_q_lora.*' },
          { has: 'image_proj.perceiver_resampler.*' },
        ],
      },
    },
    { id: 'plus', title: { en: 'Plus', zh: 'Plus' }, when: { has: 'image_proj.latents' } },
    { id: 'full', title: { en: 'full face', zh: '整脸' }, when: { anyOf: [{ has: 'image_proj.proj.3.weight' }] } },
  ],
  fits: [{ by: 'contextWidth', at: ['ip_adapter.1.to_k_ip.weight', 'ip_adapter.*.to_k_ip.weight'], axis: 1 }],
};
