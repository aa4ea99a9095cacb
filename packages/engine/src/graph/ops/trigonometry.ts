import { unary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { negate } from './negate.ts';

export const sinOp = unary({
  name: 'sin',
  compute: Math.sin,
  gradient: ({ grad, x }) => multiply(grad, cos(x)),
  onnx: 'Sin',
  range: [-20, 20],
});

export const cosOp = unary({
  name: 'cos',
  compute: Math.cos,
  gradient: ({ grad, x }) => negate(multiply(grad, sin(x))),
  onnx: 'Cos',
  range: [-20, 20],
});

/** Sine of radians. */
export const sin = (x: Value): Value => apply(sinOp, [x], {});

/** Cosine of radians. */
export const cos = (x: Value): Value => apply(cosOp, [x], {});
