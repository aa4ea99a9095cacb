import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { divide } from './divide.ts';
import { multiply } from './multiply.ts';

export const sqrtOp = unary({
  name: 'sqrt',
  compute: Math.sqrt,
  gradient: ({ grad, output }) => divide(grad, multiply(output, scalar(2))),
  onnx: 'Sqrt',
  range: [0.25, 4],
});

/** √x. */
export const sqrt = (x: Value): Value => apply(sqrtOp, [x], {});
