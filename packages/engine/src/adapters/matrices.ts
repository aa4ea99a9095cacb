import { matmul } from '../graph/ops/matmul.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { transpose } from '../graph/ops/transpose.ts';
import type { Value } from '../graph/value.ts';

// Adapters store matrices and small kernels of known sizes: here shapes are numbers.

export const shapeOf = (value: Value): readonly number[] => value.shape as readonly number[];

export const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** A tensor [a, b, …] as a matrix [a, b·…]. */
export function toMatrix(x: Value): Value {
  const [rows = 1, ...rest] = shapeOf(x);
  return reshape(x, [rows, product(rest)]);
}

/**
 * Σ core[n, m, …] · left[i, n] · right[m, j] → [i, j, …]: a kernel rebuilt from its Tucker form.
 * @throws Error when the sizes do not chain.
 */
export function rebuildTucker(core: Value, left: Value, right: Value): Value {
  const [, inner, ...kernel] = shapeOf(core) as [number, number, ...number[]];
  const [out, within] = [shapeOf(left)[0]!, shapeOf(right)[1]!];
  const cells = product(kernel);
  const half = transpose(reshape(matmul(left, toMatrix(core)), [out, inner, cells]), [0, 2, 1]);
  return reshape(transpose(matmul(half, right), [0, 2, 1]), [out, within, ...kernel]);
}

/** Multiplies the input channels (axis 1) of base [o, i, …] by a matrix [i, j] → [o, j, …]. */
export function throughInputs(base: Value, matrix: Value): Value {
  const [out, within, ...kernel] = shapeOf(base) as [number, number, ...number[]];
  if (kernel.length === 0) return matmul(base, matrix);
  const cells = transpose(reshape(base, [out, within, product(kernel)]), [0, 2, 1]);
  return reshape(transpose(matmul(cells, matrix), [0, 2, 1]), [out, shapeOf(matrix)[1]!, ...kernel]);
}

/** The factors of a product of matrices, however it is shaped. */
export function productOf(value: Value): readonly [Value, Value] | undefined {
  if (value.kind !== 'result') return undefined;
  if (value.op.name === 'reshape') return productOf(value.inputs[0]!);
  const isPlain = value.op.name === 'matmul' && value.shape.length === 2;
  if (!isPlain || value.attributes['transA'] === true || value.attributes['transB'] === true) return undefined;
  const [a, b] = value.inputs as [Value, Value];
  return a.shape.length === 2 && b.shape.length === 2 ? [a, b] : undefined;
}
