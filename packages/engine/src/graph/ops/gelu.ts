import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { add } from './add.ts';
import { erf, errorFunction } from './erf.ts';
import { exp } from './exp.ts';
import { multiply } from './multiply.ts';
import { square } from './square.ts';

export const geluOp = unary({
  name: 'gelu',
  compute: (x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)),
  // Φ(x) + x φ(x), the normal distribution and its density
  gradient({ grad, x }) {
    const distribution = multiply(add(erf(multiply(x, scalar(Math.SQRT1_2))), scalar(1)), scalar(0.5));
    const density = multiply(exp(multiply(square(x), scalar(-0.5))), scalar(1 / Math.sqrt(2 * Math.PI)));
    return multiply(grad, add(distribution, multiply(x, density)));
  },
  onnx: 'Gelu',
});

/** x · Φ(x) with the exact normal distribution (erf), not the tanh approximation. */
export const gelu = (x: Value): Value => apply(geluOp, [x], {});
