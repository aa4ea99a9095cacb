import { broadcastShapes, broadcastTo } from '../broadcast.ts';
import { equalShapes, type Shape, showShape, symbol } from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

interface ExpandAttributes extends Record<string, Shape> {
  readonly shape: Shape;
}

export const expandOp: Op<ExpandAttributes> = {
  name: 'expand',
  infer([x], { shape }) {
    if (!equalShapes(broadcastShapes('expand', x!.shape, shape), shape)) {
      throw new Error(`expand: ${showShape(x!.shape)} does not stretch to ${showShape(shape)}`);
    }
    return { type: x!.type, shape };
  },
  // The gradient's walk sums over the stretched axes.
  gradient: ({ grad }) => [grad],
  reference: ([x], _, shape) => broadcastTo(x!, shape),
  onnx: (emit, [x], { shape }) => emit.node('Expand', [x!, emit.shape(shape)]),
  examples: (random) => {
    const [a, b] = [random.integer(2, 3), random.integer(2, 4)];
    const [n, m] = [symbol('n'), symbol('m')];
    return [
      { inputs: [{ shape: [1, b] }], attributes: { shape: [a, b] } },
      { inputs: [{ shape: [] }], attributes: { shape: [a, b] } },
      { inputs: [{ shape: [b, 1] }], attributes: { shape: [a, b, 2] } },
      { inputs: [{ shape: [m, 1] }], attributes: { shape: [n, m, 2] }, sizes: { n: a, m: b } },
    ];
  },
};

/** `x` stretched to `shape` by broadcasting. */
export const expand = (x: Value, shape: Shape): Value =>
  equalShapes(x.shape, shape) ? x : apply(expandOp, [x], { shape });
