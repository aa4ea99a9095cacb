import { absent, type Algorithm, sizeOf } from '../add-on.ts';

const FACTORS = ['a1', 'a2', 'b1', 'b2'];

/** A change that depends on the weight: ΔW = W · a1 · a2 + b1 · b2 (arXiv:2306.07967). */
export const glora: Algorithm = {
  id: 'glora',
  title: { en: 'GLoRA', zh: 'GLoRA' },
  order: 6,
  isLycoris: true,
  matches: (shapes) => FACTORS.some((role) => shapes.has(role)),
  faults: (shapes) => absent(shapes, FACTORS).map((role) => `no ${role}`),
  // The factors come in two orders; the rank is the smaller side in both.
  rank: (shapes) => smaller(sizeOf(shapes, 'a1', 0), sizeOf(shapes, 'a1', 1)),
  inputWidth: (shapes) => larger(sizeOf(shapes, 'a1', 0), sizeOf(shapes, 'a1', 1)),
  outputWidth: (shapes) => larger(sizeOf(shapes, 'b1', 0), sizeOf(shapes, 'b1', 1)),
};

const smaller = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);
const larger = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);
