import { equalDims, equalShapes, showShape } from '../dim.ts';
import type { None } from '../elementwise.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { matmul } from './matmul.ts';

export const addProductOp: Op<None> = {
  name: 'addProduct',
  infer([sum, a, b]) {
    const [rows, within] = a!.shape;
    const [chained, columns] = b!.shape;
    const chains = a!.shape.length === 2 && b!.shape.length === 2 && equalDims(within!, chained!);
    if (!chains || !equalShapes(sum!.shape, [rows!, columns!])) {
      const shapes = [sum, a, b].map((value) => showShape(value!.shape));
      throw new Error(`addProduct: ${shapes[0]} + ${shapes[1]} · ${shapes[2]} do not fit together`);
    }
    return { type: 'f32', shape: sum!.shape };
  },
  gradient: ({ inputs: [, a, b], grad, wanted }) => [
    wanted[0] ? grad : null,
    wanted[1] ? matmul(grad, b!, { transB: true }) : null,
    wanted[2] ? matmul(a!, grad, { transA: true }) : null,
  ],
  reference([sum, a, b], _, shape) {
    const [within, columns] = b!.shape as [number, number];
    const data = sum!.data.map((value, at) => {
      const [row, column] = [Math.floor(at / columns), at % columns];
      let total = value;
      for (let i = 0; i < within; i++) total += a!.data[row * within + i]! * b!.data[i * columns + column]!;
      return total;
    });
    return { shape, data };
  },
  onnx: (emit, [sum, a, b]) => emit.node('Gemm', [a!, b!, sum!]),
  examples(random) {
    const [rows, within, columns] = [random.integer(1, 4), random.integer(1, 4), random.integer(1, 4)];
    const inputs = [{ shape: [rows, columns] }, { shape: [rows, within] }, { shape: [within, columns] }];
    return [{ inputs, attributes: {} }];
  },
};

/** sum + a·b of matrices [m, n], [m, k] and [k, n], without the product in between. */
export const addProduct = (sum: Value, a: Value, b: Value): Value => apply(addProductOp, [sum, a, b], {});
