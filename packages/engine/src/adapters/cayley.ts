import { add } from '../graph/ops/add.ts';
import { clamp } from '../graph/ops/clamp.ts';
import { divide } from '../graph/ops/divide.ts';
import { inverse } from '../graph/ops/inverse.ts';
import { matmul } from '../graph/ops/matmul.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { negate } from '../graph/ops/negate.ts';
import { sqrt } from '../graph/ops/sqrt.ts';
import { square } from '../graph/ops/square.ts';
import { subtract } from '../graph/ops/subtract.ts';
import { sum } from '../graph/ops/sum.ts';
import { transpose } from '../graph/ops/transpose.ts';
import { scalar, type Value } from '../graph/value.ts';
import { shapeOf } from './matrices.ts';

/** What A1111 adds to both norms before it divides. */
const EPSILON = 1e-8;

/** So that the root has a gradient where all blocks are zero, as they are before training. */
const TINY = 1e-30;

/**
 * R − I for R = (I + Q)·(I − Q)⁻¹ with Q = B − Bᵀ: the rotations of blocks B […, n, n], the same shape.
 * Written as 2·Q·(I − Q)⁻¹, which loses nothing when R is near I.
 * @param constraint largest norm of all Q together (COFT); 0 for none.
 */
export function turnOf(blocks: Value, constraint: number): Value {
  const rank = blocks.shape.length;
  const swapped = shapeOf(blocks).map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  let skew = subtract(blocks, transpose(blocks, swapped));
  if (constraint > 0) {
    const size = sqrt(add(sum(square(skew), [...swapped.keys()]), scalar(TINY)));
    const bounded = clamp(size, -Infinity, constraint);
    skew = multiply(skew, divide(add(bounded, scalar(EPSILON)), add(size, scalar(EPSILON))));
  }
  return multiply(matmul(skew, inverse(negate(skew), 1)), scalar(2));
}
