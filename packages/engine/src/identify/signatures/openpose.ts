import type { Signature } from '../signature.ts';

/** OpenPose: bodies, hands and faces. */
export const openpose: Signature = {
  id: 'openpose',
  kind: 'annotator',
  title: { en: 'OpenPose', zh: 'OpenPose 姿势检测' },
  evidence: [
    {
      anyOf: [
        { has: 'model1_0.conv1_1.weight' },
        { has: 'model0.conv1_1.weight' },
        { has: 'Mconv1_stage6.weight' },
        { has: 'conv1_1.weight' },
        { has: 'conv6_1_CPM.weight' },
      ],
      says: { en: 'stages of convolutions', zh: '分阶段卷积' },
    },
    {
      anyOf: [
        { has: 'model1_1.*' },
        { has: 'model2_1.*' },
        { has: 'Mconv1_stage2.weight' },
        { has: 'model6_2.*' },
        { has: 'conv6_1_CPM.weight' },
      ],
      says: { en: 'a stage that refines', zh: '细化阶段' },
    },
  ],
};
