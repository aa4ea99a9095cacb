import type { Signature } from '../signature.ts';

/** A language model that newer families read prompts with: Llama, Qwen, Gemma. */
export const languageModel: Signature = {
  id: 'language-model',
  kind: 'text-encoder',
  title: { en: 'language model (Llama, Qwen, Gemma)', zh: '语言模型（Llama、Qwen、Gemma）' },
  evidence: [
    {
      anyOf: [
        { has: 'model.layers.*.self_attn.q_proj.weight' },
        { has: 'layers.*.self_attn.q_proj.weight' },
        { has: 'model.language_model.layers.*.self_attn.q_proj.weight' },
        { has: 'blk.*.attn_q.weight' },
      ],
      says: { en: 'layers of a language model', zh: '语言模型的层' },
    },
    {
      anyOf: [
        { has: 'model.embed_tokens.weight' },
        { has: 'embed_tokens.weight' },
        { has: 'model.language_model.embed_tokens.weight' },
        { has: 'token_embd.weight' },
      ],
      says: { en: 'an embedding of tokens', zh: '标记嵌入' },
    },
  ],
  variants: [
    {
      id: 'seeing',
      title: { en: 'that sees pictures', zh: '能看图' },
      when: { anyOf: [{ has: 'visual.*' }, { has: 'model.visual.*' }] },
    },
  ],
  lists: [{ at: 'model.layers' }, { at: 'layers' }],
};
