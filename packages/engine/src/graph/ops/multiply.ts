import { binary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';

export const multiplyOp = binary({
  name: 'multiply',
  compute: (x, y) => x * y,
  gradient: ({ inputs: [a, b], grad, wanted }) => [
    wanted[0]! ? multiply(grad, b!) : null,
    wanted[1]! ? multiply(grad, a!) : null,
  ],
  onnx: 'Mul',
});

/** a · b element by element, broadcast. */
export const multiply = (a: Value, b: Value): Value => apply(multiplyOp, [a, b], {});
