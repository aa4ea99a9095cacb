import type { Signature } from '../signature.ts';

/** Transformers 5 leaves out the path that every earlier version wrote. */
const CLIP_PATHS = [
  'text_model.',
  '',
  'text_encoder.text_model.',
  'clip_l.transformer.text_model.',
  'clip_g.transformer.text_model.',
];

/** A CLIP text encoder as the transformers library names it. */
export const clipText: Signature = {
  id: 'clip-text',
  kind: 'text-encoder',
  title: { en: 'CLIP text encoder', zh: 'CLIP 文本编码器' },
  evidence: [
    {
      anyOf: CLIP_PATHS.map((path) => ({ has: `${path}encoder.layers.*` })),
      says: { en: 'layers of a transformer', zh: 'Transformer 层' },
    },
    {
      anyOf: CLIP_PATHS.map((path) => ({ has: `${path}embeddings.token_embedding.weight` })),
      says: { en: 'an embedding of tokens', zh: '标记嵌入' },
    },
    { lacks: 'unet.*', says: { en: 'no denoiser', zh: '没有去噪网络' } },
    { lacks: 'transformer.*', says: { en: 'no denoiser', zh: '没有去噪网络' } },
  ],
  variants: [
    {
      id: 'both',
      title: { en: 'with its image encoder', zh: '含图像编码器' },
      when: { has: 'vision_model.encoder.layers.*' },
    },
    {
      id: 'clip-l',
      title: { en: 'CLIP-L', zh: 'CLIP-L' },
      when: {
        anyOf: CLIP_PATHS.map((path) => ({ has: `${path}embeddings.token_embedding.weight`, sizes: { 1: 768 } })),
      },
    },
    {
      id: 'openclip-h',
      title: { en: 'OpenCLIP-H', zh: 'OpenCLIP-H' },
      when: {
        anyOf: CLIP_PATHS.map((path) => ({ has: `${path}embeddings.token_embedding.weight`, sizes: { 1: 1024 } })),
      },
    },
    {
      id: 'openclip-g',
      title: { en: 'OpenCLIP-bigG', zh: 'OpenCLIP-bigG' },
      when: {
        anyOf: CLIP_PATHS.map((path) => ({ has: `${path}embeddings.token_embedding.weight`, sizes: { 1: 1280 } })),
      },
    },
  ],
  structure: 'clip-text',
};
