import type { Signature } from '../signature.ts';

/** GRL (arXiv:2303.00748). */
export const grl: Signature = {
  id: 'grl',
  kind: 'upscaler',
  title: { en: 'GRL upscaler', zh: 'GRL 放大模型' },
  evidence: [
    {
      anyOf: [
        { has: 'layers.0.blocks.0.attn.window_attn.*' },
        { has: 'model.layers.0.blocks.0.attn.window_attn.*' },
        { has: 'model_g.layers.0.blocks.0.attn.window_attn.*' },
      ],
      says: { en: 'attention in windows and stripes', zh: '窗口与条带注意力' },
    },
    {
      anyOf: [{ has: 'norm_start.weight' }, { has: 'model.norm_start.weight' }, { has: 'model_g.norm_start.weight' }],
      says: { en: 'a first norm', zh: '首层归一化' },
    },
  ],
};
