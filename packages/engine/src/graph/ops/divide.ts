import { binary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { negate } from './negate.ts';

export const divideOp = binary({
  name: 'divide',
  compute: (x, y) => x / y,
  gradient: ({ inputs: [, b], output, grad, wanted }) => {
    const byA = divide(grad, b!);
    return [byA, wanted[1]! ? negate(multiply(byA, output)) : null];
  },
  onnx: 'Div',
  range: [0.5, 2],
});

/** a / b element by element, broadcast. */
export const divide = (a: Value, b: Value): Value => apply(divideOp, [a, b], {});
