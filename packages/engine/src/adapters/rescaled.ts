import { add } from '../graph/ops/add.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { subtract } from '../graph/ops/subtract.ts';
import { scalar, type Value } from '../graph/value.ts';
import type { AdapterModule } from './adapter-kind.ts';
import { shapeOf } from './matrices.ts';

/** ΔW with the module's `rescale` [out], where it has one, on the rows of W + ΔW: s·ΔW + (s − 1)·W. */
export function rescaled(delta: Value, base: Value, { tensors }: AdapterModule): Value {
  const rescale = tensors.get('rescale');
  if (rescale === undefined) return delta;
  const rows = reshape(
    rescale,
    shapeOf(base).map((size, axis) => (axis === 0 ? size : 1)),
  );
  return add(multiply(rows, delta), multiply(subtract(rows, scalar(1)), base));
}
