/** The state of a sampler: float32 in pictures; float64 where a formula is checked against its known answer. */
export type Values = Float32Array | Float64Array;

/** New values of the same kind and length, zero. */
export const zerosLike = <V extends Values>(like: V): V =>
  (like instanceof Float32Array ? new Float32Array(like.length) : new Float64Array(like.length)) as V;

/** Rounds a number to the precision of `like`, as torch rounds a result of two scalars of that type. */
export const roundingOf = (like: Values): ((x: number) => number) =>
  like instanceof Float32Array ? Math.fround : (x) => x;

/**
 * c₁v₁ + c₂v₂ + …, from left to right, each product and sum rounded to the precision of the values, as torch computes a
 * tensor expression with scalar factors.
 */
export function combine<V extends Values>(
  ...terms: readonly [first: readonly [number, V], ...rest: (readonly [number, V])[]]
): V {
  const [[factor, values], ...rest] = terms;
  const round = roundingOf(values);
  const result = zerosLike(values);
  const first = round(factor);
  for (let i = 0; i < result.length; i++) result[i] = first * values[i]!;
  for (const [nextFactor, next] of rest) addProduct(result, round(nextFactor), next);
  return result;
}

function addProduct(result: Values, factor: number, values: Values): void {
  if (result instanceof Float32Array) {
    for (let i = 0; i < result.length; i++) result[i] = result[i]! + Math.fround(factor * values[i]!);
  } else {
    for (let i = 0; i < result.length; i++) result[i] = result[i]! + factor * values[i]!;
  }
}

/** The slope dx/dσ = (x - denoised)/σ of the probability-flow equation: Karras et al. 2022, (3). */
export function derivative<V extends Values>(x: V, sigma: number, denoised: V): V {
  const divisor = roundingOf(x)(sigma);
  const result = combine([1, x], [-1, denoised]);
  for (let i = 0; i < result.length; i++) result[i]! /= divisor;
  return result;
}
