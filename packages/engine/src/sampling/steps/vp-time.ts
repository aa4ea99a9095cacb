/** Signal, noise and half the logarithm of their squared ratio at a time. */
export interface VpLevel {
  readonly time: number;
  readonly alpha: number;
  readonly sigma: number;
  readonly lambda: number;
}

/**
 * A trained schedule as a function of continuous time, as DPM-Solver's "discrete" noise schedule: ln α runs straight
 * between the trained steps, which lie at 1/n, 2/n, … 1.
 */
export function createVpTime(alphasCumprod: ArrayLike<number>) {
  const logAlphas = Array.from(alphasCumprod, (alpha) => 0.5 * Math.log(alpha));
  const count = logAlphas.length;

  const level = (time: number): VpLevel => {
    const place = Math.min(Math.max(time * count - 1, 0), count - 1);
    const lower = Math.min(Math.floor(place), count - 2);
    const logAlpha = logAlphas[lower]! + (place - lower) * (logAlphas[lower + 1]! - logAlphas[lower]!);
    const alpha = Math.exp(logAlpha);
    const logSigma = 0.5 * Math.log(-Math.expm1(2 * logAlpha));
    return { time, alpha, sigma: Math.exp(logSigma), lambda: logAlpha - logSigma };
  };

  /** The time at which ln(α/σ) is `lambda`. */
  const timeOfLambda = (lambda: number): number => {
    const logAlpha = -0.5 * Math.log1p(Math.exp(-2 * lambda));
    let lower = 0;
    while (lower < count - 2 && logAlphas[lower + 1]! > logAlpha) lower++;
    const share = (logAlpha - logAlphas[lower]!) / (logAlphas[lower + 1]! - logAlphas[lower]!);
    return (lower + share + 1) / count;
  };

  return { level, timeOfLambda };
}
