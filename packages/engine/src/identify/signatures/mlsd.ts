import type { Signature } from '../signature.ts';

/** M-LSD: straight lines (arXiv:2106.00186). */
export const mlsd: Signature = {
  id: 'mlsd',
  kind: 'annotator',
  title: { en: 'M-LSD line detector', zh: 'M-LSD 直线检测' },
  evidence: [
    {
      has: 'backbone.features.0.0.weight',
      sizes: { 1: 4 },
      says: {
        en: 'a small backbone that takes a picture and a fourth channel',
        zh: '以图片加第四通道为输入的小型骨干网络',
      },
    },
    {
      anyOf: [{ has: 'block15.*' }, { has: 'block16.*' }, { has: 'block23.*' }],
      says: { en: 'blocks that join levels', zh: '合并各级的块' },
    },
  ],
};
