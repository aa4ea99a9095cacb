import { unary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';
import { multiply } from './multiply.ts';

export const expOp = unary({
  name: 'exp',
  compute: Math.exp,
  gradient: ({ grad, output }) => multiply(grad, output),
  onnx: 'Exp',
});

/** eˣ. */
export const exp = (x: Value): Value => apply(expOp, [x], {});
