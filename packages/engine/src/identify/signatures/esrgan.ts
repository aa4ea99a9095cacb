import type { Signature } from '../signature.ts';

/** ESRGAN, Real-ESRGAN, BSRGAN: residual dense blocks (arXiv:1809.00219). */
export const esrgan: Signature = {
  id: 'esrgan',
  kind: 'upscaler',
  title: { en: 'ESRGAN upscaler', zh: 'ESRGAN 放大模型' },
  evidence: [
    {
      anyOf: [
        { has: 'model.1.sub.0.RDB1.*' },
        { has: 'body.0.rdb1.conv1.weight' },
        { has: 'RRDB_trunk.0.RDB1.conv1.weight' },
      ],
      says: { en: 'residual dense blocks', zh: '残差密集块' },
    },
    {
      anyOf: [{ has: 'model.0.weight' }, { has: 'conv_first.weight' }],
      says: { en: 'a first convolution', zh: '首层卷积' },
    },
  ],
  variants: [
    {
      id: 'x1',
      title: { en: '×1', zh: '×1' },
      when: { allOf: [{ lacks: 'model.5.weight' }, { has: 'model.4.weight' }] },
    },
    {
      id: 'x2',
      title: { en: '×2', zh: '×2' },
      when: {
        anyOf: [
          { has: 'conv_first.weight', sizes: { 1: 12 } },
          { allOf: [{ has: 'model.0.weight' }, { has: 'model.7.weight' }, { lacks: 'model.10.weight' }] },
          { allOf: [{ has: 'RRDB_trunk.0.RDB1.conv1.weight' }, { lacks: 'upconv2.weight' }] },
        ],
      },
    },
    {
      id: 'x4',
      title: { en: '×4', zh: '×4' },
      when: { anyOf: [{ has: 'conv_up2.weight' }, { has: 'upconv2.weight' }, { has: 'model.10.weight' }] },
    },
  ],
  lists: [{ at: 'body' }, { at: 'RRDB_trunk' }],
};
