import type { Signature } from '../signature.ts';

/** Segment Anything: areas (arXiv:2304.02643). */
export const segmentAnything: Signature = {
  id: 'segment-anything',
  kind: 'annotator',
  title: { en: 'Segment Anything', zh: 'Segment Anything 分割' },
  evidence: [
    {
      anyOf: [
        { has: 'image_encoder.pos_embed' },
        { has: 'image_encoder.trunk.pos_embed' },
        { has: 'image_encoder.patch_embed.*' },
      ],
      says: { en: 'an image encoder', zh: '图像编码器' },
    },
    {
      anyOf: [{ has: 'mask_decoder.*' }, { has: 'sam_mask_decoder.*' }],
      says: { en: 'a decoder of masks', zh: '遮罩解码器' },
    },
  ],
};
