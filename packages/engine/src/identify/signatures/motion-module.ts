import type { Signature } from '../signature.ts';

/** Layers that mix frames, for AnimateDiff (arXiv:2307.04725). */
export const motionModule: Signature = {
  id: 'motion-module',
  kind: 'motion-module',
  title: { en: 'motion module', zh: '运动模块' },
  evidence: [
    {
      anyOf: [{ has: 'down_blocks.*.motion_modules.*' }, { has: 'module.down_blocks.*.motion_modules.*' }],
      says: { en: 'layers that mix frames of a video', zh: '混合视频帧的层' },
    },
    { lacks: '*.lora*', says: { en: 'no LoRA', zh: '不是 LoRA' } },
    { lacks: '*controlnet_cond_embedding.*', says: { en: 'no input for a hint picture', zh: '没有引导图输入' } },
    { lacks: 'input_hint_block.*', says: { en: 'no input for a hint picture', zh: '没有引导图输入' } },
    { lacks: 'down_blocks.0.resnets.*', says: { en: 'no UNet around them', zh: '不含 UNet' } },
  ],
  variants: [
    { id: 'v2', title: { en: 'second version', zh: '第二版' }, when: { has: 'mid_block.motion_modules.*' } },
    {
      id: 'sdxl',
      title: { en: 'for SDXL', zh: '用于 SDXL' },
      when: { allOf: [{ lacks: 'down_blocks.3.*' }, { lacks: 'up_blocks.3.*' }] },
    },
  ],
  fits: [
    {
      choose: [
        { when: { allOf: [{ lacks: 'down_blocks.3.*' }, { lacks: 'up_blocks.3.*' }] }, families: ['sdxl'] },
        { when: { has: '*' }, families: ['sd1'] },
      ],
    },
  ],
};
