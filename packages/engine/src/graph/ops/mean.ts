import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { divide } from './divide.ts';
import { expand } from './expand.ts';
import { reshape } from './reshape.ts';
import { size } from './size.ts';
import { sumOp } from './sum.ts';

type MeanAttributes = { readonly axes: readonly number[] };

export const meanOp: Op<MeanAttributes> = {
  name: 'mean',
  infer: sumOp.infer,
  gradient({ inputs: [x], attributes: { axes }, grad }) {
    const { shape } = x!;
    const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const share = divide(grad, size(axes.map((axis) => shape[axis]!)));
    return [expand(reshape(share, kept), shape)];
  },
  reference([x], attributes, shape) {
    const { data } = sumOp.reference([x!], attributes, shape);
    return { shape, data: data.map((total) => (total * data.length) / x!.data.length) };
  },
  onnx: (emit, [x], { attributes: { axes } }) =>
    axes.length === 0 ? x! : emit.node('ReduceMean', [x!, emit.ints(axes)], { keepdims: 0 }),
  examples: sumOp.examples,
};

/** Mean over the given axes, which disappear. */
export const mean = (x: Value, axes: readonly number[]): Value => apply(meanOp, [x], { axes });
