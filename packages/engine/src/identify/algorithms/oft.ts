import { type Algorithm, product, sizeOf } from '../add-on.ts';

/** A rotation of blocks of rows: R · W − W (arXiv:2306.07280). */
export const oft: Algorithm = {
  id: 'oft',
  title: { en: 'OFT', zh: 'OFT' },
  order: 8,
  isLycoris: true,
  matches: (shapes) => shapes.has('oft_blocks') || shapes.has('oft_diag'),
  faults: () => [],
  rank: (shapes) => sizeOf(shapes, 'oft_blocks', 1) ?? sizeOf(shapes, 'oft_diag', 0),
  inputWidth: () => undefined,
  outputWidth: (shapes) => product(sizeOf(shapes, 'oft_blocks', 0), sizeOf(shapes, 'oft_blocks', 1)),
};
