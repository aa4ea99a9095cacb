import type { Signature } from '../signature.ts';

/** A tiny autoencoder (madebyollin/taesd). */
export const taesd: Signature = {
  id: 'taesd',
  kind: 'taesd',
  title: { en: 'TAESD', zh: 'TAESD' },
  evidence: [
    {
      anyOf: [
        { has: 'decoder.layers.2.conv.0.weight' },
        { has: 'encoder.layers.1.conv.0.weight' },
        { has: 'taesd_decoder.3.conv.0.weight' },
        { has: 'taesd_encoder.1.conv.0.weight' },
        { has: 'decoder.3.conv.0.weight' },
        { has: 'encoder.1.conv.0.weight' },
        { has: '3.conv.0.weight' },
        { has: '1.conv.0.weight' },
      ],
      says: { en: 'residual blocks of three convolutions', zh: '由三层卷积组成的残差块' },
    },
    {
      anyOf: [
        { has: 'decoder.layers.*.conv.4.weight' },
        { has: 'encoder.layers.*.conv.4.weight' },
        { has: 'taesd_decoder.*.conv.4.weight' },
        { has: 'taesd_encoder.*.conv.4.weight' },
        { has: 'decoder.*.conv.4.weight' },
        { has: 'encoder.*.conv.4.weight' },
        { has: '3.conv.4.weight' },
        { has: '1.conv.4.weight' },
      ],
      says: { en: 'a third convolution in them', zh: '其中有第三层卷积' },
    },
  ],
  fits: [
    {
      choose: [
        { when: { named: /taesd_?xl|sdxl/i }, families: ['sdxl', 'sdxl-refiner'] },
        { when: { named: /taesd_?3|sd3/i }, families: ['sd3'] },
        { when: { named: /taef1|flux/i }, families: ['flux1'] },
        { when: { named: /^taesd(?:[._-](?:enc|dec)|\.)/i }, families: ['sd1', 'sd2'] },
      ],
    },
    {
      by: 'latentChannels',
      at: ['decoder.layers.0.weight', 'taesd_decoder.1.weight', 'decoder.1.weight', '1.weight'],
      axis: 1,
    },
  ],
};
