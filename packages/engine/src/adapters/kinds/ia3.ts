import { multiply } from '../../graph/ops/multiply.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { type AdapterKind, tensorOf } from '../adapter-kind.ts';
import { shapeOf } from '../matrices.ts';

/** Rows of a weight, or its columns when `on_input`, made larger or smaller: ΔW = W · w (arXiv:2205.05638). */
export const ia3: AdapterKind = {
  id: 'ia3',
  reads: ['weight'],
  isOfBase: true,
  delta(base, module) {
    const axis = module.numbers.get('on_input') === 1 ? 1 : 0;
    const shape = shapeOf(base).map((size, i) => (i === axis ? size : 1));
    return multiply(base, reshape(tensorOf(module, 'weight'), shape));
  },
};
