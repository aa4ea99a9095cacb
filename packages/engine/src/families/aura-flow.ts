import type { KnownFamily } from '../family.ts';
import { transformerLayouts } from '../weights/keys/transformer-layouts.ts';

/** AuraFlow (fal). */
export const auraFlow: KnownFamily = {
  id: 'aura-flow',
  title: 'AuraFlow',
  layouts: transformerLayouts(
    (at) => [
      { has: `${at}double_layers.*.attn.w1q.weight`, says: { en: 'blocks for text and picture', zh: '双流块' } },
    ],
    (at) => [
      {
        has: `${at}joint_transformer_blocks.*.attn.add_q_proj.weight`,
        says: { en: 'blocks for text and picture', zh: '双流块' },
      },
    ],
  ),
  needs: ['denoiser', 't5', 'vae'],
  nativeSize: 1024,
  prediction: 'flow',
  claims: ['auraflow', 'aura'],
};
