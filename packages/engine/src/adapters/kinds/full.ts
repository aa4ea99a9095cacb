import { reshape } from '../../graph/ops/reshape.ts';
import { type AdapterKind, tensorOf } from '../adapter-kind.ts';
import { product, shapeOf } from '../matrices.ts';

/** The difference itself, of weight and bias. */
export const full: AdapterKind = {
  id: 'full',
  title: { en: 'full difference', zh: '完整差值' },
  needs: [['diff'], ['diff_b']],
  reads: ['diff_b'],
  delta: (_base, module) => tensorOf(module, 'diff'),
  biasDelta({ tensors }) {
    const bias = tensors.get('diff_b');
    return bias && reshape(bias, [product(shapeOf(bias))]);
  },
};
