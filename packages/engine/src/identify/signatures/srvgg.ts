import type { Signature } from '../signature.ts';

/** Number of the last layer, by the depths that there are. */
const LAST = [18, 34, 66];

/** Real-ESRGAN’s compact network (SRVGGNetCompact). */
export const srvgg: Signature = {
  id: 'srvgg',
  kind: 'upscaler',
  title: { en: 'Real-ESRGAN compact upscaler', zh: 'Real-ESRGAN 轻量放大模型' },
  evidence: [
    { has: 'body.0.weight', rank: 4, says: { en: 'a convolution', zh: '卷积' } },
    { has: 'body.1.weight', rank: 1, says: { en: 'then a learned activation', zh: '随后是可学习的激活' } },
    { has: 'body.2.weight', rank: 4, says: { en: 'and so on', zh: '依此类推' } },
    { lacks: 'conv_first.weight', says: { en: 'nothing else', zh: '没有其他' } },
  ],
  variants: [
    {
      id: 'x4',
      title: { en: '×4', zh: '×4' },
      when: { anyOf: LAST.map((layer) => ({ has: `body.${layer}.weight`, sizes: { 0: 48 } })) },
    },
    {
      id: 'x2',
      title: { en: '×2', zh: '×2' },
      when: { anyOf: LAST.map((layer) => ({ has: `body.${layer}.weight`, sizes: { 0: 12 } })) },
    },
    {
      id: 'x1',
      title: { en: '×1', zh: '×1' },
      when: { anyOf: LAST.map((layer) => ({ has: `body.${layer}.weight`, sizes: { 0: 3 } })) },
    },
  ],
};
