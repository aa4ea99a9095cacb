import type { Signature } from '../signature.ts';

/** The deep-compression autoencoder of Sana (arXiv:2410.10733). */
export const dcAe: Signature = {
  id: 'dc-ae',
  kind: 'vae',
  title: { en: 'VAE of Sana (DC-AE)', zh: 'Sana 的 VAE（DC-AE）' },
  evidence: [
    {
      anyOf: [{ has: 'encoder.stages.*' }, { has: 'encoder.down_blocks.*.conv_out.conv_inverted.weight' }],
      says: { en: 'stages of efficient blocks', zh: '高效分级模块' },
    },
    {
      anyOf: [{ has: 'decoder.stages.*' }, { has: 'decoder.up_blocks.*.conv_out.conv_inverted.weight' }],
      says: { en: 'and back', zh: '以及对应的解码' },
    },
  ],
};
