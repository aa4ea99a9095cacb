import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { multiply } from './multiply.ts';

export const squareOp = unary({
  name: 'square',
  compute: (x) => x * x,
  gradient: ({ grad, x }) => multiply(grad, multiply(x, scalar(2))),
  onnx: (emit, x) => emit.node('Mul', [x, x]),
});

/** x². */
export const square = (x: Value): Value => apply(squareOp, [x], {});
