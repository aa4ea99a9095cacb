import type { Signature } from '../signature.ts';

/** LeReS: depth. */
export const leres: Signature = {
  id: 'leres',
  kind: 'annotator',
  title: { en: 'LeReS depth estimator', zh: 'LeReS 深度估计' },
  evidence: [
    {
      anyOf: [
        { has: 'depth_model.encoder_modules.*' },
        { has: 'module.encoder_modules.*' },
        { has: 'depth_model.module.encoder_modules.*' },
      ],
      says: { en: 'a ResNeXt encoder', zh: 'ResNeXt 编码器' },
    },
    { anyOf: [{ has: '*decoder_modules.*' }], says: { en: 'a decoder', zh: '解码器' } },
  ],
};
