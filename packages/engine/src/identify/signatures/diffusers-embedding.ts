import type { Signature } from '../signature.ts';

/** Widths of the text encoders that there are embeddings for. */
const EMBEDDING_WIDTHS = [768, 1024, 1280, 4096];

/** Embeddings as the diffusers library saves them: a tensor under each word. */
export const diffusersEmbedding: Signature = {
  id: 'diffusers-embedding',
  kind: 'embedding',
  title: { en: 'embedding', zh: '嵌入' },
  evidence: [
    { tensors: [1, 16], says: { en: 'few tensors', zh: '张量很少' } },
    { flat: 2, says: { en: 'only vectors', zh: '只有向量' } },
    {
      anyOf: EMBEDDING_WIDTHS.flatMap((width) => [
        { has: '*', rank: 1, sizes: { 0: width } },
        { has: '*', rank: 2, sizes: { 1: width } },
      ]),
      says: { en: 'as wide as a text encoder', zh: '与文本编码器同宽' },
    },
    { lacks: '*.weight', says: { en: 'no layers', zh: '没有网络层' } },
    { lacks: '0', says: { en: 'a name for them', zh: '有名称' } },
    { lacks: 'emb_params', says: { en: 'not the name that kohya’s scripts give', zh: '不是 kohya 脚本所用的名称' } },
    { lacks: 'clip_g', says: { en: 'not the names for several text encoders', zh: '不是多文本编码器的名称' } },
    { lacks: 'string_to_param.*', says: { en: 'not the name that A1111 gives', zh: '不是 A1111 所用的名称' } },
    { lacks: '*:*', says: { en: 'no parts of a LoRA', zh: '没有 LoRA 的部分' } },
    { lacks: '*exp_avg*', says: { en: 'no state of an optimizer', zh: '没有优化器状态' } },
    { lacks: '*.lora*', says: { en: 'no LoRA', zh: '没有 LoRA' } },
  ],
  vectors: ['*'],
  fits: [{ by: 'textWidth', at: ['*'], axis: -1 }],
};
