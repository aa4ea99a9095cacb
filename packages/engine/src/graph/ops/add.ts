import { broadcastShapes, broadcastTo } from '../broadcast.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

type None = Record<string, never>;

export const addOp: Op<None> = {
  name: 'add',
  infer: ([a, b]) => ({ type: a!.type, shape: broadcastShapes('add', a!.shape, b!.shape) }),
  gradient: ({ grad }) => [grad, grad],
  reference([a, b], _, shape) {
    const [x, y] = [broadcastTo(a!, shape).data, broadcastTo(b!, shape).data];
    return { shape, data: x.map((value, i) => value + y[i]!) };
  },
  onnx: (emit, inputs) => emit.node('Add', inputs),
  examples: (random) => {
    const [n, c] = [random.integer(1, 3), random.integer(2, 4)];
    return [
      { inputs: [{ shape: [n, c] }, { shape: [n, c] }], attributes: {} },
      { inputs: [{ shape: [n, c, 2] }, { shape: [c, 1] }], attributes: {} },
      { inputs: [{ shape: [] }, { shape: [n, c] }], attributes: {} },
    ];
  },
};

/** a + b, broadcast. */
export const add = (a: Value, b: Value): Value => apply(addOp, [a, b], {});
