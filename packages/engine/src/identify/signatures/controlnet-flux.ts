import type { Signature } from '../signature.ts';

/** A ControlNet for Flux.1. */
export const controlnetFlux: Signature = {
  id: 'controlnet-flux',
  kind: 'controlnet',
  title: { en: 'ControlNet', zh: 'ControlNet' },
  evidence: [
    { has: 'controlnet_blocks.*', says: { en: 'outputs to the transformer', zh: '输出到 Transformer 的层' } },
    {
      anyOf: [{ has: 'controlnet_x_embedder.*' }, { has: 'input_hint_block.*' }, { has: 'pos_embed_input.*' }],
      says: { en: 'an input for a hint picture', zh: '引导图输入' },
    },
    {
      anyOf: [
        { has: 'double_blocks.*' },
        { has: 'single_transformer_blocks.*' },
        { has: 'transformer_blocks.*.norm1_context.linear.weight' },
      ],
      says: { en: 'blocks for text and picture', zh: '双流块' },
    },
    { lacks: 'pos_embed.*', says: { en: 'no table of positions (SD 3 has one)', zh: '没有位置表（SD 3 才有）' } },
    { lacks: 'transformer_blocks.*.img_mod.*', says: { en: 'no Qwen-Image', zh: '不是 Qwen-Image' } },
  ],
  fits: [{ families: ['flux1'] }],
};
