import { type Algorithm, sizeOf } from '../add-on.ts';

/** The whole difference: ΔW = diff. */
export const full: Algorithm = {
  id: 'full',
  title: { en: 'full difference', zh: '完整差值（full）' },
  order: 4,
  isLycoris: true,
  matches: (shapes) => shapes.has('diff') || shapes.has('diff_b'),
  faults: () => [],
  rank: () => undefined,
  inputWidth: (shapes) => sizeOf(shapes, 'diff', 1),
  outputWidth: (shapes) => sizeOf(shapes, 'diff', 0) ?? sizeOf(shapes, 'diff_b', 0),
};
