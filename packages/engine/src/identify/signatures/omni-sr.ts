import type { Signature } from '../signature.ts';

/** OmniSR (arXiv:2304.10244). */
export const omniSr: Signature = {
  id: 'omni-sr',
  kind: 'upscaler',
  title: { en: 'OmniSR upscaler', zh: 'OmniSR 放大模型' },
  evidence: [
    { has: 'residual_layer.0.residual_layer.0.layer.0.fn.0.weight', says: { en: 'omni attention', zh: '全向注意力' } },
    { has: 'up.0.weight', says: { en: 'a last enlargement', zh: '末端放大' } },
  ],
};
