import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** PixArt-α and PixArt-Σ (arXiv:2310.00426, 2403.04692). */
export const pixart: KnownFamily = {
  id: 'pixart',
  title: 'PixArt',
  layouts: transformerLayouts(
    (at) => [
      {
        has: `${at}blocks.*.scale_shift_table`,
        says: { en: 'modulations stored as tables', zh: '以表格存储的调制量' },
      },
      { has: `${at}t_block.1.weight`, says: { en: 'one network for all modulations', zh: '统一的调制网络' } },
      {
        lacks: `${at}attention_y_norm.*`,
        says: { en: 'no norm of the text (Sana has one)', zh: '没有文本归一化（Sana 才有）' },
      },
    ],
    (at) => [
      { has: `${at}adaln_single.linear.weight`, says: { en: 'one network for all modulations', zh: '统一的调制网络' } },
      { has: `${at}pos_embed.proj.weight`, says: { en: 'an embedding of picture patches', zh: '图像分块嵌入' } },
      { lacks: `${at}controlnet*`, says: { en: 'no ControlNet', zh: '不含 ControlNet' } },
    ],
  ),
  lists: [{ at: 'blocks' }, { at: 'transformer_blocks' }],
  needs: ['denoiser', 't5', 'vae'],
  nativeSize: 1024,
  prediction: 'eps',
  claims: ['pixart'],
};
