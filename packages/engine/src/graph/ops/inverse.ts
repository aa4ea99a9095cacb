import { elementCount } from '../../tensor/tensor.ts';
import { isStatic, showShape } from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { matmul } from './matmul.ts';
import { negate } from './negate.ts';

type InverseAttributes = { readonly diagonal: number };

/**
 * Steps of Newton's iteration. The residual I − A·X starts below 1 − 1/(‖A‖₁·‖A‖∞·‖A⁻¹‖²) and is squared by each: twenty
 * bring everything with a condition number below a few hundred to the last digit of float32.
 */
const STEPS = 20;

export const inverseOp: Op<InverseAttributes> = {
  name: 'inverse',
  infer([x]) {
    const { type, shape } = x!;
    const sides = shape.slice(-2);
    if (shape.length < 2 || !isStatic(sides) || sides[0] !== sides[1]) {
      throw new Error(`inverse: ${showShape(shape)} holds no square matrices`);
    }
    return { type, shape };
  },
  // d(A⁻¹) = −A⁻¹·dA·A⁻¹.
  gradient: ({ output, grad }) => [negate(matmul(matmul(output, grad, { transA: true }), output, { transB: true }))],
  reference([x], { diagonal }, shape) {
    const side = shape.at(-1)!;
    const data = new Float64Array(elementCount(shape));
    for (let at = 0; at < data.length; at += side * side) {
      data.set(invert(x!.data.slice(at, at + side * side), side, diagonal), at);
    }
    return { shape, data };
  },
  // No runtime inverts matrices: X ← X·(2I − A·X) from X = Aᵀ/(‖A‖₁·‖A‖∞), which converges for every invertible A
  // (Ben-Israel and Cohen 1966).
  onnx(emit, [x], { shape, attributes: { diagonal } }) {
    const side = shape.at(-1) as number;
    const rank = shape.length;
    const unit = (size: number) =>
      emit.floats(
        Float64Array.from({ length: side * side }, (_, i) => (i % (side + 1) === 0 ? size : 0)),
        [side, side],
      );
    const a = diagonal === 0 ? x! : emit.node('Add', [x!, unit(diagonal)]);
    const sizes = emit.node('Abs', [a]);
    const norm = (axis: number) => {
      const sums = emit.node('ReduceSum', [sizes, emit.ints([axis])], { keepdims: 1 });
      return emit.node('ReduceMax', [sums, emit.ints([rank - 2, rank - 1])], { keepdims: 1 });
    };
    const turned = emit.node('Transpose', [a], {
      perm: [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2],
    });
    let inverse = emit.node('Div', [turned, emit.node('Mul', [norm(rank - 2), norm(rank - 1)])]);
    const two = unit(2);
    for (let step = 0; step < STEPS; step++) {
      inverse = emit.node('MatMul', [inverse, emit.node('Sub', [two, emit.node('MatMul', [a, inverse])])]);
    }
    return inverse;
  },
  // Larger on the diagonal than anything beside it: far from singular.
  examples: (random) => {
    const [count, side] = [random.integer(1, 3), random.integer(1, 3)];
    return [
      { inputs: [{ shape: [side, side] }], attributes: { diagonal: 8 } },
      { inputs: [{ shape: [count, side, side] }], attributes: { diagonal: -8 } },
      { inputs: [{ shape: [count, 1, 1], from: 0.5, to: 2 }], attributes: { diagonal: 0 } },
    ];
  },
};

/** (x + diagonal·I)⁻¹ of the square matrices in the last two axes, whose size is known; of float32, for well-conditioned ones. */
export const inverse = (x: Value, diagonal = 0): Value => apply(inverseOp, [x], { diagonal });

/** Gauss and Jordan's way with the largest pivot of each column. */
function invert(matrix: Float64Array, side: number, diagonal: number): Float64Array {
  const result = new Float64Array(side * side);
  for (let i = 0; i < side; i++) {
    matrix[i * (side + 1)]! += diagonal;
    result[i * (side + 1)] = 1;
  }
  const swap = (rows: Float64Array, a: number, b: number): void => {
    for (let k = 0; k < side; k++) {
      [rows[a * side + k], rows[b * side + k]] = [rows[b * side + k]!, rows[a * side + k]!];
    }
  };
  for (let column = 0; column < side; column++) {
    let pivot = column;
    for (let row = column + 1; row < side; row++) {
      if (Math.abs(matrix[row * side + column]!) > Math.abs(matrix[pivot * side + column]!)) pivot = row;
    }
    for (const rows of [matrix, result]) swap(rows, pivot, column);
    const unit = matrix[column * (side + 1)]!;
    for (const rows of [matrix, result]) {
      for (let k = 0; k < side; k++) rows[column * side + k]! /= unit;
    }
    for (let row = 0; row < side; row++) {
      const factor = row === column ? 0 : matrix[row * side + column]!;
      for (const rows of [matrix, result]) {
        for (let k = 0; k < side; k++) rows[row * side + k]! -= factor * rows[column * side + k]!;
      }
    }
  }
  return result;
}
