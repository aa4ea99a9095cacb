import { type Algorithm, product, sizeOf } from '../add-on.ts';

/** A Kronecker product, each side whole or in two factors: ΔW = kron(w1, w2) (arXiv:2212.10650). */
export const lokr: Algorithm = {
  id: 'lokr',
  title: { en: 'LoKr', zh: 'LoKr' },
  order: 3,
  isLycoris: true,
  matches: (shapes) => shapes.roles.some((role) => role.startsWith('lokr_')),
  faults(shapes) {
    return ['lokr_w1', 'lokr_w2'].flatMap((side) => {
      if (shapes.has(side)) return [];
      return [`${side}_a`, `${side}_b`].filter((role) => !shapes.has(role)).map((role) => `no ${role}`);
    });
  },
  rank: (shapes) => sizeOf(shapes, 'lokr_w2_b', 0) ?? sizeOf(shapes, 'lokr_w1_b', 0),
  inputWidth: (shapes) =>
    product(
      sizeOf(shapes, 'lokr_w1', 1) ?? sizeOf(shapes, 'lokr_w1_b', 1),
      sizeOf(shapes, 'lokr_w2', 1) ?? sizeOf(shapes, 'lokr_w2_b', 1),
    ),
  outputWidth: (shapes) =>
    product(
      sizeOf(shapes, 'lokr_w1', 0) ?? sizeOf(shapes, 'lokr_w1_a', 0),
      sizeOf(shapes, 'lokr_w2', 0) ?? sizeOf(shapes, 'lokr_w2_a', shapes.has('lokr_t2') ? 1 : 0),
    ),
};
