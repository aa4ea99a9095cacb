import { countOf, equalDims, equalShapes, multiplyDims, type Shape, showShape, symbol } from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

interface ReshapeAttributes extends Record<string, Shape> {
  readonly shape: Shape;
}

export const reshapeOp: Op<ReshapeAttributes> = {
  name: 'reshape',
  infer([x], { shape }) {
    if (!equalDims(countOf(x!.shape), countOf(shape)))
      throw new Error(`reshape: ${showShape(x!.shape)} does not fill ${showShape(shape)}`);
    return { type: x!.type, shape };
  },
  gradient: ({ inputs: [x], grad }) => [reshape(grad, x!.shape)],
  reference: ([x], _, shape) => ({ shape, data: x!.data }),
  onnx: (emit, [x], { inputs, shape }) => emit.reshape(x!, inputs[0]!.shape, shape),
  examples: (random) => {
    const [a, b] = [random.integer(1, 3), random.integer(2, 4)];
    const [n, m] = [symbol('n'), symbol('m')];
    const sizes = { n: a, m: b };
    return [
      { inputs: [{ shape: [a, b, 6] }], attributes: { shape: [a * b, 2, 3] } },
      { inputs: [{ shape: [1] }], attributes: { shape: [] } },
      { inputs: [{ shape: [n, m, 6] }], attributes: { shape: [n, multiplyDims(m, 3), 2] }, sizes },
      { inputs: [{ shape: [n, multiplyDims(m, 2), 3] }], attributes: { shape: [multiplyDims(n, 3), m, 2] }, sizes },
    ];
  },
};

/** The same elements in the same order under another shape. */
export const reshape = (x: Value, shape: Shape): Value =>
  equalShapes(x.shape, shape) ? x : apply(reshapeOp, [x], { shape });
