import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { apply, type Value } from '../graph/value.ts';
import { product, shapeOf } from './matrices.ts';

/**
 * `value` times a scalar, multiplied where there is least to multiply: a low-rank product has two small factors and is as
 * large as the weight.
 */
export function scaleValue(value: Value, factor: Value): Value {
  if (value.kind === 'result' && value.op.name === 'reshape') {
    return reshape(scaleValue(value.inputs[0]!, factor), value.shape);
  }
  if (value.kind === 'result' && value.op.name === 'matmul') {
    const [a, b] = value.inputs as [Value, Value];
    const isFirstSmaller = product(shapeOf(a)) <= product(shapeOf(b));
    const inputs = isFirstSmaller ? [scaleValue(a, factor), b] : [a, scaleValue(b, factor)];
    return apply(value.op, inputs, value.attributes);
  }
  return multiply(value, factor);
}
