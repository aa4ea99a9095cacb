import { matmul } from '../../graph/ops/matmul.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { transpose } from '../../graph/ops/transpose.ts';
import type { Value } from '../../graph/value.ts';
import { type AdapterKind, type AdapterModule, tensorOf } from '../adapter-kind.ts';
import { product, rebuildTucker, shapeOf, toMatrix } from '../matrices.ts';

/** A Kronecker product of two matrices, each whole or of low rank (arXiv:2212.10650 and LyCORIS). */
export const lokr: AdapterKind = {
  id: 'lokr',
  reads: ['lokr_w1', 'lokr_w1_a', 'lokr_w1_b', 'lokr_w2', 'lokr_w2_a', 'lokr_w2_b', 'lokr_t2'],
  // Two whole matrices have no rank: their alpha means nothing.
  rank: ({ tensors }) => {
    const low = tensors.get('lokr_w2_b') ?? tensors.get('lokr_w1_b');
    return low && shapeOf(low)[0];
  },
  delta: (_base, module) => kronecker(factor(module, 1), factor(module, 2)),
};

function factor(module: AdapterModule, which: 1 | 2): Value {
  const whole = module.tensors.get(`lokr_w${which}`);
  if (whole !== undefined) return whole;
  const [a, b] = [tensorOf(module, `lokr_w${which}_a`), tensorOf(module, `lokr_w${which}_b`)];
  const core = which === 2 ? module.tensors.get('lokr_t2') : undefined;
  if (core !== undefined) return rebuildTucker(core, transpose(a, [1, 0]), b);
  return reshape(matmul(toMatrix(a), toMatrix(b)), [shapeOf(a)[0]!, ...shapeOf(b).slice(1)]);
}

/** [a, c] ⊗ [b, d, …] = [a·b, c·d, …]. */
function kronecker(first: Value, second: Value): Value {
  const [a, c] = shapeOf(first) as [number, number];
  const [b, d, ...kernel] = shapeOf(second) as [number, number, ...number[]];
  const cells = product(kernel);
  const full = multiply(reshape(first, [a, 1, c, 1]), reshape(second, [1, b, 1, d * cells]));
  return reshape(full, [a * b, c * d, ...kernel]);
}
