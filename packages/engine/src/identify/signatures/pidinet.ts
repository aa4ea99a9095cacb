import type { Signature } from '../signature.ts';

/** PiDiNet: edges. */
export const pidinet: Signature = {
  id: 'pidinet',
  kind: 'annotator',
  title: { en: 'PiDiNet edge detector', zh: 'PiDiNet 边缘检测' },
  evidence: [
    {
      anyOf: [
        { has: 'module.init_block.weight' },
        { has: 'init_block.weight' },
        { has: 'state_dict.module.init_block.weight' },
      ],
      says: { en: 'a block of pixel differences', zh: '像素差分块' },
    },
    {
      anyOf: [{ has: '*attentions.0.*' }, { has: '*dilations.0.*' }],
      says: { en: 'attention to scales', zh: '尺度注意力' },
    },
  ],
};
