import { binary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';

export const addOp = binary({
  name: 'add',
  compute: (x, y) => x + y,
  gradient: ({ grad }) => [grad, grad],
  onnx: 'Add',
});

/** a + b, broadcast. */
export const add = (a: Value, b: Value): Value => apply(addOp, [a, b], {});
