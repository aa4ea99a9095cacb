/**
 * How many singular values are kept. The last three are those of kohya's resize script: all above the largest divided by
 * `value`; as many as hold the share `value` of the Frobenius norm; as many as hold that share of their sum.
 */
export interface RankRule {
  readonly by: 'rank' | 'sv-ratio' | 'sv-fro' | 'sv-cumulative';
  /** A rank is `most` itself. */
  readonly value: number;
  /** No more than this. */
  readonly most: number;
}

/** Where kohya's script takes a matrix for zero. */
const LEAST = 1e-6;

/** The rank that a rule chooses for these singular values, falling; 1 at least. */
export function pickRank(sigmas: Float64Array, { by, value, most }: RankRule): number {
  const largest = sigmas[0] ?? 0;
  const limit = Math.min(most, sigmas.length);
  if (by === 'rank') return limit;
  if (largest <= LEAST) return 1;
  return Math.max(1, Math.min(limit, RULES[by](sigmas, value)));
}

const RULES: Readonly<Record<Exclude<RankRule['by'], 'rank'>, (sigmas: Float64Array, value: number) => number>> = {
  'sv-ratio': (sigmas, ratio) => sigmas.filter((sigma) => sigma > sigmas[0]! / ratio).length,
  'sv-fro': (sigmas, share) =>
    countFor(
      sigmas.map((sigma) => sigma * sigma),
      share * share,
    ),
  'sv-cumulative': (sigmas, share) => countFor(sigmas, share),
};

/** How many of the first values make up a share of the sum of all. */
function countFor(values: Float64Array, share: number): number {
  const total = values.reduce((a, b) => a + b, 0);
  let sum = 0;
  const index = values.findIndex((value) => (sum += value) / total >= share);
  return index === -1 ? values.length : index + 1;
}
