import { combine, derivative, type Values } from '../arithmetic.ts';
import type { SamplerSteps, SigmaRun, SigmaSampler } from '../sampler.ts';

const ORDER = 4;

/** Linear multistep (Adams-Bashforth): integrates the polynomial through the last four slopes. */
export const lms: SigmaSampler = {
  kind: 'sigma',
  name: 'LMS',
  aliases: ['k_lms'],
  async *sample<V extends Values>({ x: start, sigmas, denoise }: SigmaRun<V>): SamplerSteps<V> {
    const steps = sigmas.length - 1;
    let x = start;
    /** Newest first. */
    let slopes: V[] = [];
    for (let i = 0; i < steps; i++) {
      const sigma = sigmas[i]!;
      const denoised = await denoise(x, sigma);
      slopes = [derivative(x, sigma, denoised), ...slopes].slice(0, ORDER);
      const knots = slopes.map((_, j) => sigmas[i - j]!);
      const [first, ...rest] = slopes.map((slope, j) => [weightOf(knots, j, sigmas[i + 1]!), slope] as const);
      x = combine([1, x], [1, combine(first!, ...rest)]);
      yield { step: i + 1, steps, sigma, x, denoised };
    }
    return x;
  },
};

/**
 * Integral from the newest knot to `end` of the polynomial that is 1 at knot `j` and 0 at the others. It is of degree 3
 * at most, where Gauss' rule with two points is exact.
 */
function weightOf(knots: readonly number[], j: number, end: number): number {
  const basis = (at: number): number =>
    knots.reduce((product, knot, k) => (k === j ? product : (product * (at - knot)) / (knots[j]! - knot)), 1);
  const half = (end - knots[0]!) / 2;
  const middle = knots[0]! + half;
  const offset = half / Math.sqrt(3);
  return half * (basis(middle - offset) + basis(middle + offset));
}
