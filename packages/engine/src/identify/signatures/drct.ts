import type { Signature } from '../signature.ts';

/** DRCT (arXiv:2404.00722). */
export const drct: Signature = {
  id: 'drct',
  kind: 'upscaler',
  title: { en: 'DRCT upscaler', zh: 'DRCT 放大模型' },
  evidence: [
    { has: 'layers.0.swin1.attn.qkv.weight', says: { en: 'dense window attention', zh: '密集窗口注意力' } },
    { has: 'layers.0.adjust1.weight', says: { en: 'joined by convolutions', zh: '由卷积连接' } },
  ],
};
