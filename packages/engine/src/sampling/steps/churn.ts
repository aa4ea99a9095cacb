import { combine, roundingOf, type Values } from '../arithmetic.ts';
import type { SigmaRun } from '../sampler.ts';

/**
 * Raises the noise level before a step, as Karras et al. 2022, algorithm 2: draws noise, always, and adds it if there is
 * churn at this level.
 */
export function churn<V extends Values>(run: SigmaRun<V>, x: V, i: number): { readonly x: V; readonly sigma: number } {
  const { sChurn, sTmin, sTmax, sNoise } = run.options;
  const sigma = run.sigmas[i]!;
  const noise = run.noise();
  const isInRange = sigma >= sTmin && (sTmax === 0 || sigma <= sTmax);
  const gamma = isInRange ? Math.min(sChurn / (run.sigmas.length - 1), Math.SQRT2 - 1) : 0;
  if (gamma <= 0) return { x, sigma };
  const round = roundingOf(x);
  const raised = round(sigma * round(gamma + 1));
  return { x: combine([1, x], [sNoise * Math.sqrt(raised ** 2 - sigma ** 2), noise]), sigma: raised };
}
