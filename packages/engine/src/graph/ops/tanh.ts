import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { square } from './square.ts';
import { subtract } from './subtract.ts';

export const tanhOp = unary({
  name: 'tanh',
  compute: Math.tanh,
  gradient: ({ grad, output }) => multiply(grad, subtract(scalar(1), square(output))),
  onnx: 'Tanh',
});

/** Hyperbolic tangent. */
export const tanh = (x: Value): Value => apply(tanhOp, [x], {});
