import { copyBlock } from '../copy-block.ts';
import { addDims, type Dim, equalShapes, showShape } from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { slice } from './slice-pad.ts';

type ConcatAttributes = { readonly axis: number };

export const concatOp: Op<ConcatAttributes> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const [{ type, shape }] = inputs as [(typeof inputs)[0]];
    if (
      inputs.some((input) => axis >= input.shape.length || !equalShapes(input.shape.with(axis, shape[axis]!), shape))
    ) {
      throw new Error(
        `concat: ${inputs.map((input) => showShape(input.shape)).join(', ')} do not fit along axis ${axis}`,
      );
    }
    return { type, shape: shape.with(axis, inputs.map((input) => input.shape[axis]!).reduce(addDims)) };
  },
  gradient({ inputs, attributes: { axis }, grad, wanted }) {
    let end: Dim = 0;
    return inputs.map((input, i) => {
      const start = end;
      end = addDims(start, input.shape[axis]!);
      return wanted[i]! ? slice(grad, axis, start, end) : null;
    });
  },
  reference(inputs, { axis }, shape) {
    const result = { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
    const none = shape.map(() => 0);
    let start = 0;
    for (const part of inputs) {
      copyBlock(part.shape, part, none, result, none.with(axis, start));
      start += part.shape[axis]!;
    }
    return result;
  },
  onnx: (emit, inputs, { attributes: { axis } }) => emit.node('Concat', inputs, { axis }),
  examples: (random) => {
    const [n, a, b, c] = [random.integer(1, 3), random.integer(1, 3), random.integer(2, 4), random.integer(1, 2)];
    return [
      { inputs: [{ shape: [n, a] }, { shape: [n, b] }, { shape: [n, c] }], attributes: { axis: 1 } },
      { inputs: [{ shape: [a, n, 2] }, { shape: [b, n, 2] }], attributes: { axis: 0 } },
    ];
  },
};

/** The values one after the other along an axis. */
export const concat = (values: readonly Value[], axis: number): Value =>
  values.length === 1 ? values[0]! : apply(concatOp, values, { axis });
