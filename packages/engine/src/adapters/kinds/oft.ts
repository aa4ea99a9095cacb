import { matmul } from '../../graph/ops/matmul.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { subtract } from '../../graph/ops/subtract.ts';
import { constant, type Value } from '../../graph/value.ts';
import { type AdapterKind, type AdapterModule, tensorOf } from '../adapter-kind.ts';
import { turnOf } from '../cayley.ts';
import { product, shapeOf } from '../matrices.ts';
import { rescaled } from '../rescaled.ts';

/**
 * Orthogonal finetuning (arXiv:2306.07280) block by block of the outputs: ΔW = (Rᵀ − I)·W. `alpha` is the constraint per
 * output; the old tensor `oft_diag` is R itself.
 */
export const oft: AdapterKind = {
  id: 'oft',
  reads: ['oft_blocks', 'oft_diag', 'rescale'],
  isOfBase: true,
  delta(base, module) {
    const [out, ...rest] = shapeOf(base) as [number, ...number[]];
    const turn = turnOfModule(module, out);
    const [blocks, side] = shapeOf(turn) as [number, number];
    const rows = reshape(base, [blocks, side, product(rest)]);
    return rescaled(reshape(matmul(turn, rows, { transA: true }), base.shape), base, module);
  },
};

function turnOfModule(module: AdapterModule, out: number): Value {
  if (module.tensors.has('oft_blocks')) {
    return turnOf(tensorOf(module, 'oft_blocks'), (module.numbers.get('alpha') ?? 0) * out);
  }
  const turned = tensorOf(module, 'oft_diag');
  const side = shapeOf(turned).at(-1)!;
  const unit = Float64Array.from({ length: side * side }, (_, i) => (i % (side + 1) === 0 ? 1 : 0));
  return subtract(turned, constant([side, side], unit));
}
