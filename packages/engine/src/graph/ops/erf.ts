import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { exp } from './exp.ts';
import { multiply } from './multiply.ts';
import { negate } from './negate.ts';
import { square } from './square.ts';

export const erfOp = unary({
  name: 'erf',
  compute: errorFunction,
  gradient: ({ grad, x }) => multiply(grad, multiply(exp(negate(square(x))), scalar(2 / Math.sqrt(Math.PI)))),
  onnx: 'Erf',
});

/** The error function 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf = (x: Value): Value => apply(erfOp, [x], {});

/** erf in double precision: erf(x) = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, a sum without cancellation (Abramowitz & Stegun 7.1.6). */
export function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
