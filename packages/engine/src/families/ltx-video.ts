import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** LTX-Video (Lightricks): moving pictures. */
export const ltxVideo: KnownFamily = {
  id: 'ltx-video',
  title: 'LTX-Video',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}patchify_proj.weight`, says: { en: 'an embedding of patches', zh: '分块嵌入' } },
      {
        has: `${at}transformer_blocks.*.scale_shift_table`,
        says: { en: 'modulations stored as tables', zh: '以表格存储的调制量' },
      },
    ],
    (at) => [
      { has: `${at}proj_in.weight`, says: { en: 'an embedding of patches', zh: '分块嵌入' } },
      { has: `${at}caption_projection.linear_1.weight`, says: { en: 'a projection of captions', zh: '描述文本投影' } },
      {
        has: `${at}transformer_blocks.*.scale_shift_table`,
        says: { en: 'modulations stored as tables', zh: '以表格存储的调制量' },
      },
    ],
  ),
  lists: [{ at: 'transformer_blocks' }],
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 768,
  prediction: 'flow',
  claims: ['ltx'],
};
