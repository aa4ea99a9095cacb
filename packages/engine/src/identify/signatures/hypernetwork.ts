import type { Signature } from '../signature.ts';

/** A hypernetwork: for each width two small networks (A1111). */
export const hypernetwork: Signature = {
  id: 'hypernetwork',
  kind: 'hypernetwork',
  title: { en: 'hypernetwork', zh: '超网络' },
  evidence: [
    {
      anyOf: [
        { has: '768.0.linear.0.weight' },
        { has: '320.0.linear.0.weight' },
        { has: '640.0.linear.0.weight' },
        { has: '1280.0.linear.0.weight' },
        { has: '1024.0.linear.0.weight' },
        { has: '2048.0.linear.0.weight' },
        { has: '384.0.linear.0.weight' },
        { has: '768.0.linear1.weight' },
        { has: '320.0.linear1.weight' },
        { has: '640.0.linear1.weight' },
        { has: '1280.0.linear1.weight' },
        { has: '1024.0.linear1.weight' },
        { has: '2048.0.linear1.weight' },
        { has: '384.0.linear1.weight' },
      ],
      says: { en: 'for a width of the UNet a small network', zh: '为 UNet 的某一宽度准备的小网络' },
    },
    {
      anyOf: [
        { has: '768.1.linear.0.weight' },
        { has: '320.1.linear.0.weight' },
        { has: '640.1.linear.0.weight' },
        { has: '1280.1.linear.0.weight' },
        { has: '1024.1.linear.0.weight' },
        { has: '2048.1.linear.0.weight' },
        { has: '384.1.linear.0.weight' },
        { has: '768.1.linear1.weight' },
        { has: '320.1.linear1.weight' },
        { has: '640.1.linear1.weight' },
        { has: '1280.1.linear1.weight' },
        { has: '1024.1.linear1.weight' },
        { has: '2048.1.linear1.weight' },
        { has: '384.1.linear1.weight' },
      ],
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
