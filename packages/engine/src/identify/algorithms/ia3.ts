import type { Algorithm } from '../add-on.ts';

/** One factor per row or column: ΔW = W · w (arXiv:2205.05638). */
export const ia3: Algorithm = {
  id: 'ia3',
  title: { en: 'IA³', zh: 'IA³' },
  order: 2,
  isLycoris: true,
  matches: (shapes) => shapes.has('on_input') || (shapes.has('weight') && shapes.roles.length === 1),
  faults: (shapes) => (shapes.has('weight') ? [] : ['no weight']),
  rank: () => undefined,
  // It is as wide as the input only where `on_input` says so, which is a value and not a shape.
  inputWidth: () => undefined,
  outputWidth: (shapes) => shapes.get('weight')?.reduce((a, b) => a * b, 1),
};
