import type { Signature } from '../signature.ts';

/** The safety checker of Stable Diffusion. */
export const safetyChecker: Signature = {
  id: 'safety-checker',
  kind: 'safety-checker',
  title: { en: 'safety checker', zh: '安全检查模型' },
  evidence: [
    {
      anyOf: [{ has: 'concept_embeds' }, { has: 'special_care_embeds' }],
      says: { en: 'a list of forbidden concepts', zh: '违禁概念列表' },
    },
    { has: 'vision_model.*', says: { en: 'an image encoder', zh: '图像编码器' } },
  ],
};
