/**
 * The x in [0, 1] below which a beta distribution has the given probability, to about 15 digits.
 * @param a, b above 0.
 */
export function betaQuantile(probability: number, a: number, b: number): number {
  if (probability <= 0) return 0;
  if (probability >= 1) return 1;
  // The smaller tail keeps its digits: near 1 the distribution function itself would not.
  const middle = incompleteBeta(0.5, a, b);
  if (probability > middle) return 1 - lowerQuantile(1 - probability, b, a);
  return lowerQuantile(probability, a, b);
}

/** Solves I_x(a, b) = p for an x up to about 1/2: Newton's steps in ln x, kept inside a shrinking bracket. */
function lowerQuantile(probability: number, a: number, b: number): number {
  const target = Math.log(probability);
  const logB = logGamma(a) + logGamma(b) - logGamma(a + b);
  let [low, high] = [-745, Math.log(0.75)];
  let logX = Math.min((target + Math.log(a) + logB) / a, high);
  for (let i = 0; i < 200; i++) {
    const x = Math.exp(logX);
    const value = incompleteBeta(x, a, b);
    const error = Math.log(value) - target;
    if (error > 0) high = logX;
    else low = logX;
    const slope = Math.exp(a * logX + (b - 1) * Math.log1p(-x) - logB) / value;
    const next = logX - error / slope;
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - logX) <= 1e-16 * Math.abs(logX)) return Math.exp(inside);
    logX = inside;
  }
  return Math.exp(logX);
}

/** The regularised incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(
    a * Math.log(x) + b * Math.log1p(-x) - (logGamma(a) + logGamma(b) - logGamma(a + b)) - Math.log(a),
  );
  return front / continuedFraction(x, a, b);
}

/** 1 + d₁/(1 + d₂/(1 + …)) by Lentz's rule. */
function continuedFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let result = 1;
  let [c, d] = [1, 0];
  for (let n = 1; n < 1000; n++) {
    const m = Math.floor(n / 2);
    const coefficient =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + n - 1) * (a + n))
        : (-(a + m) * (a + b + m) * x) / ((a + n - 1) * (a + n));
    d = 1 / (1 + coefficient * d || tiny);
    c = 1 + coefficient / c || tiny;
    result *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return result;
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(z) for z > 0 by Lanczos' approximation (g = 7, nine terms). */
function logGamma(z: number): number {
  if (z < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * z)) - logGamma(1 - z);
  const series = LANCZOS.reduce((sum, term, i) => sum + (i === 0 ? term : term / (z - 1 + i)), 0);
  const base = z + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (z - 0.5) * Math.log(base) - base + Math.log(series);
}
