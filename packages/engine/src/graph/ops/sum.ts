import { stridesOf } from '../broadcast.ts';
import { showShape } from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { expand } from './expand.ts';
import { reshape } from './reshape.ts';

interface SumAttributes extends Record<string, readonly number[]> {
  readonly axes: readonly number[];
}

export const sumOp: Op<SumAttributes> = {
  name: 'sum',
  infer([x], { axes }) {
    const { type, shape } = x!;
    if (axes.some((axis) => shape[axis] === undefined)) {
      throw new Error(`sum: no axes ${axes.join(', ')} in ${showShape(shape)}`);
    }
    return { type, shape: shape.filter((_, axis) => !axes.includes(axis)) };
  },
  gradient: ({ inputs: [x], attributes: { axes }, grad }) => {
    const kept = x!.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    return [expand(reshape(grad, kept), x!.shape)];
  },
  reference([x], { axes }, shape) {
    const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
    const from = stridesOf(x!.shape);
    const kept = x!.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    const to = stridesOf(shape);
    for (let i = 0; i < x!.data.length; i++) {
      const at = kept.reduce((sum, axis, k) => sum + (Math.floor(i / from[axis]!) % x!.shape[axis]!) * to[k]!, 0);
      data[at]! += x!.data[i]!;
    }
    return { shape, data };
  },
  onnx: (emit, [x], { attributes: { axes } }) =>
    axes.length === 0 ? x! : emit.node('ReduceSum', [x!, emit.ints(axes)], { keepdims: 0 }),
  examples: (random) => {
    const shape = [random.integer(1, 3), random.integer(1, 4), random.integer(1, 3)];
    return [[0], [1, 2], [0, 1, 2], []].map((axes) => ({ inputs: [{ shape }], attributes: { axes } }));
  },
};

/** Sum over the given axes, which disappear. */
export const sum = (x: Value, axes: readonly number[]): Value => apply(sumOp, [x], { axes });
