import { type Algorithm, product, sizeOf } from '../add-on.ts';

/** Rotations in several stages, as a butterfly: R · W − W (arXiv:2311.06243). */
export const boft: Algorithm = {
  id: 'boft',
  title: { en: 'BOFT', zh: 'BOFT' },
  order: 7,
  isLycoris: true,
  matches: (shapes) => shapes.get('oft_blocks')?.length === 4,
  faults: () => [],
  rank: (shapes) => sizeOf(shapes, 'oft_blocks', 2),
  inputWidth: () => undefined,
  outputWidth: (shapes) => product(sizeOf(shapes, 'oft_blocks', 1), sizeOf(shapes, 'oft_blocks', 2)),
};
