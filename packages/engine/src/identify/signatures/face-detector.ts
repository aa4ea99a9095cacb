import type { Signature } from '../signature.ts';

/** RetinaFace and its kin, which find faces for face restorers. */
export const faceDetector: Signature = {
  id: 'face-detector',
  kind: 'face-restorer',
  title: { en: 'face detector (helper of face restorers)', zh: '人脸检测（面部修复的辅助模型）' },
  evidence: [
    {
      anyOf: [{ has: 'BboxHead.0.conv1x1.weight' }, { has: 'module.BboxHead.0.conv1x1.weight' }],
      says: { en: 'outputs for boxes', zh: '检测框输出' },
    },
    {
      anyOf: [{ has: 'LandmarkHead.0.conv1x1.weight' }, { has: 'module.LandmarkHead.0.conv1x1.weight' }],
      says: { en: 'and for eyes, nose and mouth', zh: '以及五官位置输出' },
    },
  ],
};
