import type { Signature } from '../signature.ts';

/** ParseNet and BiSeNet, which part a face into areas. */
export const faceParser: Signature = {
  id: 'face-parser',
  kind: 'face-restorer',
  title: { en: 'face parser (helper of face restorers)', zh: '人脸分割（面部修复的辅助模型）' },
  evidence: [
    {
      anyOf: [{ has: 'out_mask_conv.conv2d.weight' }, { has: 'cp.resnet.conv1.weight' }],
      says: { en: 'outputs for areas of a face', zh: '面部区域输出' },
    },
  ],
};
