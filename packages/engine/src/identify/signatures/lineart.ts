import type { Signature } from '../signature.ts';

/** Line art. */
export const lineart: Signature = {
  id: 'lineart',
  kind: 'annotator',
  title: { en: 'line art detector', zh: '线稿提取' },
  evidence: [
    { has: 'model0.1.weight', rank: 4, says: { en: 'a first convolution', zh: '首层卷积' } },
    { has: 'model2.0.conv_block.1.weight', says: { en: 'residual blocks', zh: '残差块' } },
  ],
};
