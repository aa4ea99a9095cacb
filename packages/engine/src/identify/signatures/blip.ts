import type { Signature } from '../signature.ts';

/** BLIP: sentences about pictures (arXiv:2201.12086). */
export const blip: Signature = {
  id: 'blip',
  kind: 'captioner',
  title: { en: 'BLIP', zh: 'BLIP' },
  evidence: [
    { has: 'text_decoder.*', says: { en: 'a decoder of text', zh: '文本解码器' } },
    {
      anyOf: [{ has: 'visual_encoder.*' }, { has: 'vision_model.*' }],
      says: { en: 'an image encoder', zh: '图像编码器' },
    },
  ],
};
