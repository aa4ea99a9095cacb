import { pickRank, type RankRule } from './rank-rule.ts';
import { SymmetricEigen } from './symmetric-eigen.ts';

/**
 * What is asked of a matrix D: of one that is there whole, its smaller Gram matrix (D·Dᵀ or Dᵀ·D); of a product A·B of low rank the
 * Gram matrices Aᵀ·A and B·Bᵀ of its factors.
 */
export type DirectionsAsk =
  | { readonly of: 'matrix'; readonly gram: Float64Array; readonly size: number; readonly rule: RankRule }
  | {
      readonly of: 'product';
      readonly first: Float64Array;
      readonly second: Float64Array;
      readonly size: number;
      readonly rule: RankRule;
    };

/** The directions that hold most of a matrix. */
export interface Directions {
  /** All singular values, falling. */
  readonly sigmas: Float64Array;
  /** How many are kept. */
  readonly rank: number;
  /** [rank, size]: unit singular vectors of the matrix on its smaller side; of a product, what A is multiplied with to give those on the left. */
  readonly vectors: Float64Array;
}

/** Finds the directions that a rule keeps; none of those that are but rounding. The matrices are overwritten. */
export const findDirections = (ask: DirectionsAsk): Directions =>
  ask.of === 'matrix' ? ofMatrix(ask.gram, ask.size, ask.rule) : ofProduct(ask.first, ask.second, ask.size, ask.rule);

function ofMatrix(gram: Float64Array, size: number, rule: RankRule): Directions {
  const eigen = new SymmetricEigen(gram, size);
  const sigmas = rootsOf(eigen.values);
  const rank = Math.min(pickRank(sigmas, rule), soundOf(eigen.values));
  return { sigmas, rank, vectors: eigen.vectors(rank) };
}

/** With AᵀA = V·Λ·Vᵀ, the singular values of A·B are the roots of the eigenvalues of C = √Λ·Vᵀ·(B·Bᵀ)·V·√Λ, and A·V·√Λ⁻¹ has unit columns. */
function ofProduct(first: Float64Array, second: Float64Array, size: number, rule: RankRule): Directions {
  const own = new SymmetricEigen(first, size);
  const count = soundOf(own.values);
  const turn = own.vectors(count);
  const half = Float64Array.from({ length: count }, (_, i) => Math.sqrt(own.values[i]!));
  const inner = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    const through = new Float64Array(size);
    for (let k = 0; k < size; k++) {
      const factor = turn[i * size + k]!;
      for (let l = 0; l < size; l++) through[l]! += factor * second[k * size + l]!;
    }
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let l = 0; l < size; l++) sum += through[l]! * turn[j * size + l]!;
      inner[i * count + j] = sum * half[i]! * half[j]!;
    }
  }
  const eigen = new SymmetricEigen(inner, count);
  const sigmas = rootsOf(eigen.values);
  const rank = Math.min(pickRank(sigmas, rule), soundOf(eigen.values));
  const inside = eigen.vectors(rank);
  const vectors = new Float64Array(rank * size);
  for (let r = 0; r < rank; r++) {
    for (let i = 0; i < count; i++) {
      const factor = inside[r * count + i]! / half[i]!;
      for (let k = 0; k < size; k++) vectors[r * size + k]! += factor * turn[i * size + k]!;
    }
  }
  return { sigmas, rank, vectors };
}

const rootsOf = (values: Float64Array): Float64Array => values.map((value) => Math.sqrt(Math.max(value, 0)));

/** How many eigenvalues are more than rounding. */
const soundOf = (values: Float64Array): number =>
  values.filter((value) => value > 0 && value > values[0]! * values.length * 2 ** -50).length;
