import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** HunyuanVideo (Tencent): moving pictures. */
export const hunyuanVideo: KnownFamily = {
  id: 'hunyuan-video',
  title: 'HunyuanVideo',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}txt_in.individual_token_refiner.*`, says: { en: 'a refiner of text tokens', zh: '文本标记精炼器' } },
    ],
    (at) => [
      { has: `${at}context_embedder.token_refiner.*`, says: { en: 'a refiner of text tokens', zh: '文本标记精炼器' } },
      { has: `${at}single_transformer_blocks.*`, says: { en: 'blocks for text and picture together', zh: '单流块' } },
    ],
  ),
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 720,
  prediction: 'flow',
  addOns: { modules: ['individual_token_refiner', 'double_blocks_19_', 'single_blocks_38_'], widths: [3072] },
  claims: ['hunyuan-video', 'hunyuan_video', 'hyvid'],
};
