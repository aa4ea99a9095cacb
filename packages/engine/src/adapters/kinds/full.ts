import { reshape } from '../../graph/ops/reshape.ts';
import type { AdapterKind } from '../adapter-kind.ts';
import { product, shapeOf } from '../matrices.ts';

/** The difference itself, of weight and bias. */
export const full: AdapterKind = {
  id: 'full',
  reads: ['diff', 'diff_b'],
  delta: (_base, { tensors }) => tensors.get('diff'),
  biasDelta({ tensors }) {
    const bias = tensors.get('diff_b');
    return bias && reshape(bias, [product(shapeOf(bias))]);
  },
};
