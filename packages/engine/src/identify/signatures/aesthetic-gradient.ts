import type { Signature } from '../signature.ts';

/** An aesthetic gradient: one nameless vector (vicgalle/stable-diffusion-aesthetic-gradients). */
export const aestheticGradient: Signature = {
  id: 'aesthetic-gradient',
  kind: 'aesthetic-gradient',
  title: { en: 'aesthetic gradient', zh: '美学梯度' },
  evidence: [
    { tensors: [1, 1], says: { en: 'one tensor', zh: '只有一个张量' } },
    {
      anyOf: [
        { has: '0', rank: 2, sizes: { 0: 1, 1: 768 } },
        { has: '0', rank: 1, sizes: { 0: 768 } },
      ],
      says: { en: 'without a name, as wide as CLIP’s picture vectors', zh: '没有名称，与 CLIP 图像向量同宽' },
    },
  ],
  fits: [{ families: ['sd1'] }],
};
