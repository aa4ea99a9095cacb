import type { Signature } from '../signature.ts';

/** A CLIP image encoder as the transformers library names it. */
export const clipVision: Signature = {
  id: 'clip-vision',
  kind: 'vision-encoder',
  title: { en: 'CLIP image encoder', zh: 'CLIP 图像编码器' },
  evidence: [
    {
      anyOf: [{ has: 'vision_model.encoder.layers.*' }, { has: 'vision_model.embeddings.*' }],
      says: { en: 'layers that look at picture patches', zh: '处理图像分块的层' },
    },
    { lacks: 'text_model.encoder.*', says: { en: 'no text encoder', zh: '没有文本编码器' } },
    { lacks: 'text_decoder.*', says: { en: 'nothing that writes', zh: '没有文字生成部分' } },
    { lacks: 'concept_embeds', says: { en: 'no list of forbidden concepts', zh: '没有违禁概念列表' } },
    { lacks: 'special_care_embeds', says: { en: 'no list of forbidden concepts', zh: '没有违禁概念列表' } },
  ],
  variants: [
    {
      id: 'clip-l',
      title: { en: 'CLIP-L', zh: 'CLIP-L' },
      when: { has: 'vision_model.post_layernorm.weight', sizes: { 0: 1024 } },
    },
    {
      id: 'clip-h',
      title: { en: 'CLIP-H', zh: 'CLIP-H' },
      when: { has: 'vision_model.post_layernorm.weight', sizes: { 0: 1280 } },
    },
    {
      id: 'clip-g',
      title: { en: 'CLIP-bigG', zh: 'CLIP-bigG' },
      when: { has: 'vision_model.post_layernorm.weight', sizes: { 0: 1664 } },
    },
    {
      id: 'siglip',
      title: { en: 'SigLIP', zh: 'SigLIP' },
      when: { has: 'vision_model.post_layernorm.weight', sizes: { 0: 1152 } },
    },
  ],
  lists: [{ at: 'vision_model.encoder.layers' }],
};
