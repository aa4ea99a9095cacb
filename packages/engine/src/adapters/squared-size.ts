import { matmul } from '../graph/ops/matmul.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { square } from '../graph/ops/square.ts';
import { sum } from '../graph/ops/sum.ts';
import type { Value } from '../graph/value.ts';
import { shapeOf } from './matrices.ts';

/**
 * ‖x‖² as a scalar value. Of a low-rank product it is worked out from the factors, ‖a·b‖² = Σ (aᵀa) ⊙ (b·bᵀ), so that the product
 * itself need not be.
 */
export function squaredSize(x: Value): Value {
  if (x.kind === 'result' && x.op.name === 'reshape') return squaredSize(x.inputs[0]!);
  if (x.kind === 'result' && x.op.name === 'matmul' && !x.attributes['transA'] && !x.attributes['transB']) {
    const [a, b] = x.inputs as [Value, Value];
    const [rows, rank] = shapeOf(a) as [number, number];
    if (a.shape.length === 2 && rank < rows && rank < shapeOf(b)[1]!) {
      return total(multiply(matmul(a, a, { transA: true }), matmul(b, b, { transB: true })));
    }
  }
  return total(square(x));
}

const total = (x: Value): Value => sum(x, [...x.shape.keys()]);
