/**
 * ‖found − expected‖₂ / ‖expected‖₂ in double precision; NaN is infinitely wrong.
 * @param noise norm below which a difference is rounding noise and the error 0, for results that are zero.
 */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>, noise = 0): number {
  if (found.length !== expected.length) return Infinity;
  let [difference, norm] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference += (found[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  if (Number.isNaN(difference) || Number.isNaN(norm)) return Infinity;
  return Math.sqrt(difference) <= noise ? 0 : Math.sqrt(difference / norm);
}
