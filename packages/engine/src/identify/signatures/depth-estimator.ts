import type { Signature } from '../signature.ts';

/** MiDaS, DPT, ZoeDepth and Depth Anything: depth. */
export const depthEstimator: Signature = {
  id: 'depth-estimator',
  kind: 'annotator',
  title: { en: 'depth estimator', zh: '深度估计' },
  evidence: [
    {
      anyOf: [
        { has: 'scratch.layer1_rn.weight' },
        { has: 'core.core.scratch.layer1_rn.weight' },
        { has: 'depth_head.scratch.layer1_rn.weight' },
        { has: 'head.scratch.layer1_rn.weight' },
      ],
      says: { en: 'levels that are joined to a depth', zh: '逐级合并为深度' },
    },
    {
      anyOf: [{ has: 'pretrained.*' }, { has: 'core.core.pretrained.*' }, { has: 'backbone.*' }],
      says: { en: 'a backbone that was trained on pictures', zh: '在图片上预训练的骨干网络' },
    },
  ],
};
