import { absent, type Algorithm, sizeOf } from '../add-on.ts';

const FACTORS = ['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b'];

/** The product, element by element, of two products: ΔW = (w1a · w1b) ⊙ (w2a · w2b) (arXiv:2108.06098). */
export const loha: Algorithm = {
  id: 'loha',
  title: { en: 'LoHa', zh: 'LoHa' },
  order: 1,
  isLycoris: true,
  matches: (shapes) => FACTORS.some((role) => shapes.has(role)),
  faults: (shapes) => absent(shapes, FACTORS).map((role) => `no ${role}`),
  rank: (shapes) => sizeOf(shapes, 'hada_w1_b', 0),
  inputWidth: (shapes) => sizeOf(shapes, 'hada_w1_b', 1),
  outputWidth: (shapes) => sizeOf(shapes, 'hada_w1_a', shapes.has('hada_t1') ? 1 : 0),
};
