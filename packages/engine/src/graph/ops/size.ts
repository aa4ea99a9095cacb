import { addDims, countOf, floorDivideDim, isStatic, multiplyDims, type Shape, symbol } from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, scalar, type Value } from '../value.ts';

type SizeAttributes = { readonly shape: Shape };

export const sizeOp: Op<SizeAttributes> = {
  name: 'size',
  infer: () => ({ type: 'f32', shape: [] }),
  gradient: () => [],
  reference: (_, { shape }) => ({
    shape: [],
    data: Float64Array.of((shape as readonly number[]).reduce((a, b) => a * b, 1)),
  }),
  onnx: (emit, _, { attributes: { shape } }) =>
    emit.node('Cast', [emit.node('Squeeze', [emit.dim(countOf(shape)), emit.ints([0])])], { to: { type: 'f32' } }),
  examples: (random) => {
    const [a, b] = [symbol('a'), symbol('b')];
    const sizes = { a: random.integer(1, 5), b: random.integer(1, 5) };
    return [
      { inputs: [], attributes: { shape: [random.integer(1, 5), 3] } },
      { inputs: [], attributes: { shape: [a, 3, b] }, sizes },
      { inputs: [], attributes: { shape: [floorDivideDim(addDims(a, 3), 2), addDims(b, multiplyDims(a, 2))] }, sizes },
    ];
  },
};

/** The number of elements of a shape as a scalar, for averages over sizes that are known only when the graph runs. */
export const size = (shape: Shape): Value => {
  const count = countOf(shape);
  return isStatic([count]) ? scalar(count as number) : apply(sizeOp, [], { shape: [count] });
};
