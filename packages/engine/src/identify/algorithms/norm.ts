import { type Algorithm, sizeOf } from '../add-on.ts';

/** Differences of the scale and shift of a norm. */
export const norm: Algorithm = {
  id: 'norm',
  title: { en: 'norms', zh: '归一化层（norm）' },
  order: 5,
  isLycoris: true,
  matches: (shapes) => shapes.has('w_norm') || shapes.has('b_norm'),
  faults: (shapes) => (shapes.has('w_norm') ? [] : ['no w_norm']),
  rank: () => undefined,
  inputWidth: () => undefined,
  outputWidth: (shapes) => sizeOf(shapes, 'w_norm', 0),
};
