import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** Sana (arXiv:2410.10629). */
export const sana: KnownFamily = {
  id: 'sana',
  title: 'Sana',
  layouts: transformerLayouts(
    (at) => [
      {
        has: `${at}blocks.*.cross_attn.q_linear.weight`,
        says: { en: 'attention to text in every block', zh: '每块都有文本注意力' },
      },
      { has: `${at}attention_y_norm.*`, says: { en: 'a norm of the text', zh: '文本归一化' } },
    ],
    (at) => [
      {
        has: `${at}transformer_blocks.*.ff.conv_inverted.weight`,
        says: { en: 'convolutions in its feed-forward layers', zh: '前馈层使用卷积' },
      },
      { has: `${at}caption_norm.weight`, says: { en: 'a norm of the text', zh: '文本归一化' } },
    ],
  ),
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  claims: ['sana'],
};
