import { add } from './ops/add.ts';
import { divide } from './ops/divide.ts';
import { mean } from './ops/mean.ts';
import { multiply } from './ops/multiply.ts';
import { reshape } from './ops/reshape.ts';
import { sqrt } from './ops/sqrt.ts';
import { square } from './ops/square.ts';
import { subtract } from './ops/subtract.ts';
import { scalar, type Value } from './value.ts';

/** Runs of `length` numbers, each brought to mean 0 and variance 1; `epsilon` is added to the variance. */
export function normReference(x: Float64Array, length: number, epsilon: number): Float64Array {
  const result = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += length) {
    const run = x.subarray(start, start + length);
    const average = run.reduce((a, b) => a + b, 0) / length;
    const variance = run.reduce((a, b) => a + (b - average) ** 2, 0) / length;
    const deviation = Math.sqrt(variance + epsilon);
    result.set(
      run.map((value) => (value - average) / deviation),
      start,
    );
  }
  return result;
}

interface NormGradientArguments {
  readonly x: Value;
  /** Scale, of a shape that broadcasts against `x`. */
  readonly weight: Value;
  readonly grad: Value;
  /** Axes that were brought to mean 0 and variance 1. */
  readonly over: readonly number[];
  readonly epsilon: number;
  readonly wanted: readonly boolean[];
}

/**
 * Gradients of y = x̂ · weight + bias with x̂ = (x − μ) / s, s = √(variance + ε), by x, weight and bias; with h = grad ·
 * weight the first is (h − mean h − x̂ · mean(h x̂)) / s. Those by weight and bias have the shape of x still, to be summed.
 */
export function normGradient({ x, weight, grad, over, epsilon, wanted }: NormGradientArguments) {
  const average = (value: Value) =>
    reshape(
      mean(value, over),
      value.shape.map((dim, axis) => (over.includes(axis) ? 1 : dim)),
    );
  const centred = subtract(x, average(x));
  const deviation = sqrt(add(average(square(centred)), scalar(epsilon)));
  const normal = divide(centred, deviation);
  const h = multiply(grad, weight);
  const byX = () =>
    divide(subtract(subtract(h, average(h)), multiply(normal, average(multiply(h, normal)))), deviation);
  return {
    byX: wanted[0] ? byX() : null,
    byWeight: wanted[1] ? multiply(grad, normal) : null,
    byBias: wanted[2] ? grad : null,
  };
}
