import { DanqingError } from '../errors.ts';

/** A dense row-major tensor of float32 values that lives in memory. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A dense row-major tensor of 64-bit integers (token ids). */
export interface IntTensor {
  readonly shape: readonly number[];
  readonly data: BigInt64Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Wraps data as a tensor.
 * @throws bad-shape when the element count does not match.
 */
export function tensor(shape: readonly number[], data: Float32Array): Tensor {
  if (elementCount(shape) !== data.length) {
    throw new DanqingError('bad-shape', {
      where: 'tensor',
      expected: `${elementCount(shape)} elements for shape [${shape.join(', ')}]`,
      found: `${data.length} elements`,
    });
  }
  return { shape, data };
}
