import type { Signature } from '../signature.ts';

/** Real-CUGAN (bilibili). */
export const realCugan: Signature = {
  id: 'real-cugan',
  kind: 'upscaler',
  title: { en: 'Real-CUGAN upscaler', zh: 'Real-CUGAN 放大模型' },
  evidence: [
    { has: 'unet1.conv1.conv.0.weight', says: { en: 'two small UNets', zh: '两个小型 UNet' } },
    { has: 'unet2.conv_bottom.weight', says: { en: 'the second of them', zh: '其中第二个' } },
  ],
};
