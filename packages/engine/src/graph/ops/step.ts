import { unary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';

export const stepOp = unary({
  name: 'step',
  compute: (x) => (x > 0 ? 1 : 0),
  gradient: () => null,
  onnx: (emit, x) => emit.node('Cast', [emit.node('Greater', [x, emit.floats([0])])], { to: { type: 'f32' } }),
});

/** 1 where x > 0, else 0; the derivative of everything with a kink is made of it. */
export const step = (x: Value): Value => apply(stepOp, [x], {});
