import type { Condition } from '../../weights/evidence.ts';
import type { Signature } from '../signature.ts';

/** Widths of the text and of the blocks of the UNets that there are. */
const WIDTHS = [768, 320, 640, 1280, 1024, 2048, 384];

/** A first layer of network `net`: for one of these widths, or for any where the file's notes say that it is one of A1111's. */
const firstLayer = (net: 0 | 1): readonly Condition[] => [
  ...WIDTHS.flatMap((width) => [{ has: `${width}.${net}.linear.0.weight` }, { has: `${width}.${net}.linear1.weight` }]),
  {
    allOf: [
      { has: `*.${net}.linear.0.weight` },
      { anyOf: [{ extra: 'layer_structure' }, { note: 'layer_structure', like: /^\[/ }] },
    ],
  },
];

/** A hypernetwork: for each width two small networks (A1111). */
export const hypernetwork: Signature = {
  id: 'hypernetwork',
  kind: 'hypernetwork',
  title: { en: 'hypernetwork', zh: '超网络' },
  evidence: [
    {
      anyOf: firstLayer(0),
      says: { en: 'for a width of the UNet a small network', zh: '为 UNet 的某一宽度准备的小网络' },
    },
    {
      anyOf: firstLayer(1),
      says: { en: 'and a second one for the same width', zh: '同一宽度还有第二个' },
    },
  ],
  fits: [
    {
      choose: [
        { when: { has: '768.*' }, families: ['sd1'] },
        { when: { has: '1024.*' }, families: ['sd2'] },
        { when: { has: '2048.*' }, families: ['sdxl'] },
      ],
    },
  ],
};
