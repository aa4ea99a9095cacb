import type { Signature } from '../signature.ts';

/** A T2I-Adapter (arXiv:2302.08453). */
export const t2iAdapter: Signature = {
  id: 't2i-adapter',
  kind: 't2i-adapter',
  title: { en: 'T2I-Adapter', zh: 'T2I-Adapter' },
  evidence: [
    {
      anyOf: [
        { has: 'body.0.in_conv.weight' },
        { has: 'adapter.body.0.in_conv.weight' },
        { has: 'adapter.body.0.resnets.0.block1.weight' },
        { has: 'body.0.block1.weight' },
        { has: 'adapter.body.0.block1.weight' },
        { has: 'body.0.resnets.0.block1.weight' },
      ],
      says: { en: 'levels of small residual blocks', zh: '分级的小残差块' },
    },
    {
      anyOf: [{ has: 'conv_in.weight' }, { has: 'adapter.conv_in.weight' }],
      says: { en: 'an input for a hint picture', zh: '引导图输入' },
    },
  ],
  fits: [
    {
      choose: [
        {
          when: {
            anyOf: [
              { has: 'conv_in.weight', sizes: { 1: 768 } },
              { has: 'adapter.conv_in.weight', sizes: { 1: 768 } },
              { has: 'conv_in.weight', sizes: { 1: 256 } },
              { has: 'adapter.conv_in.weight', sizes: { 1: 256 } },
            ],
          },
          families: ['sdxl'],
        },
        { when: { has: '*' }, families: ['sd1'] },
      ],
    },
  ],
};
