/** Step of the wider difference; ops have no kinks within it of what tests feed them. */
const STEP = 1e-3;

/** Gradient of a function of many numbers: central differences with Richardson's extrapolation, error O(STEP⁴). */
export function finiteDifferences(f: (x: Float64Array) => number, at: Float64Array): Float64Array {
  const slope = (i: number, step: number): number =>
    (f(at.with(i, at[i]! + step)) - f(at.with(i, at[i]! - step))) / (2 * step);
  return at.map((_, i) => (4 * slope(i, STEP / 2) - slope(i, STEP)) / 3);
}
