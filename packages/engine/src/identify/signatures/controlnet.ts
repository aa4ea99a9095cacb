import { denoiserInside } from '../../weights/keys/inside.ts';
import type { Signature } from '../signature.ts';

/** A ControlNet under the names of its author (lllyasviel/ControlNet). */
export const controlnet: Signature = {
  id: 'controlnet',
  kind: 'controlnet',
  title: { en: 'ControlNet', zh: 'ControlNet' },
  evidence: [
    {
      anyOf: [{ has: 'control_model.input_hint_block.*' }, { has: 'input_hint_block.*' }],
      says: { en: 'an input for a hint picture', zh: '引导图输入' },
    },
    {
      anyOf: [{ has: 'control_model.zero_convs.*' }, { has: 'zero_convs.*' }],
      says: { en: 'outputs to the UNet', zh: '输出到 UNet 的卷积' },
    },
    { lacks: 'lora_controlnet', says: { en: 'weights of its own', zh: '自带权重' } },
  ],
  variants: [
    {
      id: 'difference',
      title: { en: 'difference to its base model', zh: '与底模的差值' },
      when: { has: 'difference' },
    },
    {
      id: 'whole',
      title: { en: 'with the checkpoint it was trained on', zh: '含训练时的主模型' },
      when: { anyOf: denoiserInside.map((path) => ({ has: `${path}.*` })) },
    },
  ],
  fits: [
    {
      by: 'contextWidth',
      at: [
        'control_model.input_blocks.*.attn2.to_k.weight',
        'input_blocks.*.attn2.to_k.weight',
        'control_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight',
        'middle_block.1.transformer_blocks.0.attn2.to_k.weight',
      ],
      axis: 1,
    },
  ],
};
