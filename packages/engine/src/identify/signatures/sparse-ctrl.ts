import type { Signature } from '../signature.ts';

/** SparseCtrl: hints for single frames of AnimateDiff (arXiv:2311.16933). */
export const sparseCtrl: Signature = {
  id: 'sparse-ctrl',
  kind: 'controlnet',
  title: { en: 'SparseCtrl', zh: 'SparseCtrl' },
  evidence: [
    {
      anyOf: [{ has: 'controlnet_cond_embedding.*' }, { has: 'input_hint_block.*' }],
      says: { en: 'an input for a hint picture', zh: '引导图输入' },
    },
    { has: '*motion_modules.*', says: { en: 'layers that mix frames of a video', zh: '混合视频帧的层' } },
  ],
  fits: [{ families: ['sd1'] }],
};
