import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { subtract } from './subtract.ts';

export const sigmoidOp = unary({
  name: 'sigmoid',
  compute: (x) => 1 / (1 + Math.exp(-x)),
  gradient: ({ grad, output }) => multiply(grad, multiply(output, subtract(scalar(1), output))),
  onnx: 'Sigmoid',
});

/** 1 / (1 + e⁻ˣ). */
export const sigmoid = (x: Value): Value => apply(sigmoidOp, [x], {});
