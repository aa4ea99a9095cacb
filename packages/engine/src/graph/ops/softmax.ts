import type { None } from '../elementwise.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { reshape } from './reshape.ts';
import { subtract } from './subtract.ts';
import { sum } from './sum.ts';

export const softmaxOp: Op<None> = {
  name: 'softmax',
  infer: ([x]) => ({ type: x!.type, shape: x!.shape }),
  // y · (g − Σ g y)
  gradient({ output, grad }) {
    const last = output.shape.length - 1;
    const total = reshape(sum(multiply(grad, output), [last]), [...output.shape.slice(0, last), 1]);
    return [multiply(output, subtract(grad, total))];
  },
  reference([x], _, shape) {
    const width = shape.at(-1)!;
    const data = new Float64Array(x!.data.length);
    for (let start = 0; start < data.length; start += width) {
      const row = x!.data.subarray(start, start + width);
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = row.map((value) => Math.exp(value - top));
      const total = powers.reduce((a, b) => a + b, 0);
      data.set(
        powers.map((power) => power / total),
        start,
      );
    }
    return { shape, data };
  },
  onnx: (emit, inputs) => emit.node('Softmax', inputs, { axis: -1 }),
  examples: (random) => [
    {
      inputs: [{ shape: [random.integer(1, 3), random.integer(1, 3), random.integer(2, 5)], from: -5, to: 5 }],
      attributes: {},
    },
    { inputs: [{ shape: [random.integer(2, 5)], from: 95, to: 105 }], attributes: {} },
  ],
};

/** eˣ / Σ eˣ over the last axis, safe for large values. */
export const softmax = (x: Value): Value => apply(softmaxOp, [x], {});
