import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** HiDream-I1 (HiDream-ai). */
export const hidream: KnownFamily = {
  id: 'hidream',
  title: 'HiDream-I1',
  layouts: transformerLayouts((at) => [
    { has: `${at}double_stream_blocks.*`, says: { en: 'blocks for text and picture', zh: '双流块' } },
    { has: `${at}single_stream_blocks.*`, says: { en: 'blocks for both together', zh: '单流块' } },
  ]),
  needs: ['denoiser', 'text-encoder', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  claims: ['hidream'],
};
