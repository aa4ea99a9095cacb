import { unary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { negate } from './negate.ts';
import { step } from './step.ts';
import { subtract } from './subtract.ts';

export const absoluteOp = unary({
  name: 'absolute',
  compute: Math.abs,
  gradient: ({ grad, x }) => multiply(grad, subtract(step(x), step(negate(x)))),
  onnx: 'Abs',
});

/** |x|, with derivative 0 at 0. */
export const absolute = (x: Value): Value => apply(absoluteOp, [x], {});
