import { binary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';
import { negate } from './negate.ts';

export const subtractOp = binary({
  name: 'subtract',
  compute: (x, y) => x - y,
  gradient: ({ grad, wanted }) => [grad, wanted[1]! ? negate(grad) : null],
  onnx: 'Sub',
});

/** a − b, broadcast. */
export const subtract = (a: Value, b: Value): Value => apply(subtractOp, [a, b], {});
