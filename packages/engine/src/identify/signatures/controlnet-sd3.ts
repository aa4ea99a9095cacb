import type { Signature } from '../signature.ts';

/** A ControlNet for Stable Diffusion 3. */
export const controlnetSd3: Signature = {
  id: 'controlnet-sd3',
  kind: 'controlnet',
  title: { en: 'ControlNet', zh: 'ControlNet' },
  evidence: [
    { has: 'controlnet_blocks.*', says: { en: 'outputs to the transformer', zh: '输出到 Transformer 的层' } },
    { has: 'pos_embed_input.*', says: { en: 'an input for a hint picture', zh: '引导图输入' } },
    { has: 'pos_embed.*', says: { en: 'a table of positions', zh: '位置表' } },
  ],
  fits: [{ families: ['sd3'] }],
};
