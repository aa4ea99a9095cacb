import { unary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';

export const negateOp = unary({
  name: 'negate',
  compute: (x) => -x,
  gradient: ({ grad }) => negate(grad),
  onnx: 'Neg',
});

/** −x. */
export const negate = (x: Value): Value => apply(negateOp, [x], {});
