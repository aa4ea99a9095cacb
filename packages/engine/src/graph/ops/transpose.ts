import { stridesOf } from '../broadcast.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

type TransposeAttributes = { readonly permutation: readonly number[] };

export const transposeOp: Op<TransposeAttributes> = {
  name: 'transpose',
  infer([x], { permutation }) {
    const { type, shape } = x!;
    if (permutation.length !== shape.length || shape.some((_, axis) => !permutation.includes(axis))) {
      throw new Error(`transpose: [${permutation.join(', ')}] is no permutation of ${shape.length} axes`);
    }
    return { type, shape: permutation.map((axis) => shape[axis]!) };
  },
  gradient: ({ attributes: { permutation }, grad }) => [
    transpose(
      grad,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  reference([x], { permutation }, shape) {
    const from = stridesOf(x!.shape);
    const to = stridesOf(shape);
    const data = x!.data.map(
      (_, i) =>
        x!.data[permutation.reduce((at, axis, k) => at + (Math.floor(i / to[k]!) % shape[k]!) * from[axis]!, 0)]!,
    );
    return { shape, data };
  },
  onnx: (emit, inputs, { attributes: { permutation } }) => emit.node('Transpose', inputs, { perm: permutation }),
  examples: (random) => {
    const shape = [random.integer(1, 3), random.integer(2, 4), random.integer(1, 3)];
    const permutation = random.pick([
      [0, 2, 1],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]);
    return [
      { inputs: [{ shape }], attributes: { permutation } },
      { inputs: [{ shape: [...shape, 2] }], attributes: { permutation: [0, 2, 3, 1] } },
    ];
  },
};

/** Axes in another order: axis i of the result is axis `permutation[i]` of `x`. */
export const transpose = (x: Value, permutation: readonly number[]): Value =>
  permutation.every((axis, i) => axis === i) && permutation.length === x.shape.length
    ? x
    : apply(transposeOp, [x], { permutation });
