import { stridesOf } from '../broadcast.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

type FlipAttributes = { readonly axes: readonly number[] };

export const flipOp: Op<FlipAttributes> = {
  name: 'flip',
  infer([x], { axes }) {
    const { type, shape } = x!;
    if (axes.some((axis) => axis >= shape.length))
      throw new Error(`flip: ${shape.length} axes, asked for axis ${axes.join(', ')}`);
    return { type, shape };
  },
  gradient: ({ attributes: { axes }, grad }) => [flip(grad, axes)],
  reference([x], { axes }, shape) {
    const strides = stridesOf(shape);
    const mirrored = (i: number) =>
      axes.reduce((at, axis) => {
        const place = Math.floor(i / strides[axis]!) % shape[axis]!;
        return at + (shape[axis]! - 1 - 2 * place) * strides[axis]!;
      }, i);
    return { shape, data: x!.data.map((_, i) => x!.data[mirrored(i)]!) };
  },
  // Step -1 from the last element to before the first, which is further down than any size.
  onnx: (emit, [x], { attributes: { axes } }) => {
    const all = (value: number) => emit.ints(axes.map(() => value));
    return axes.length === 0
      ? x!
      : emit.node('Slice', [x!, all(-1), all(Number.MIN_SAFE_INTEGER), emit.ints(axes), all(-1)]);
  },
  examples: (random) => {
    const shape = [random.integer(1, 3), random.integer(2, 4), random.integer(2, 3)];
    return [[1], [0, 2], [1, 2], []].map((axes) => ({ inputs: [{ shape }], attributes: { axes } }));
  },
};

/** `x` mirrored along the given axes. */
export const flip = (x: Value, axes: readonly number[]): Value => apply(flipOp, [x], { axes });
