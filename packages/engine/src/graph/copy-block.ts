import { stridesOf } from './broadcast.ts';
import type { Float64Tensor } from './evaluate.ts';

/** Copies the block of `shape` that begins at `fromStart` in one tensor to `toStart` in another of the same rank. */
export function copyBlock(
  shape: readonly number[],
  from: Float64Tensor,
  fromStart: readonly number[],
  to: Float64Tensor,
  toStart: readonly number[],
): void {
  const strides = stridesOf(shape);
  const fromStrides = stridesOf(from.shape);
  const toStrides = stridesOf(to.shape);
  const count = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < count; i++) {
    let [source, target] = [0, 0];
    shape.forEach((size, axis) => {
      const at = Math.floor(i / strides[axis]!) % size;
      source += (fromStart[axis]! + at) * fromStrides[axis]!;
      target += (toStart[axis]! + at) * toStrides[axis]!;
    });
    to.data[target] = from.data[source]!;
  }
}
