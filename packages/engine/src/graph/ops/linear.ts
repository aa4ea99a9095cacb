import { countOf, equalDims, equalShapes, showShape } from '../dim.ts';
import type { None } from '../elementwise.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { matmul } from './matmul.ts';
import { reshape } from './reshape.ts';

export const linearOp: Op<None> = {
  name: 'linear',
  infer([x, weight, bias]) {
    const width = x!.shape[x!.shape.length - 1];
    const [out, within] = weight!.shape;
    if (x!.shape.length < 2 || weight!.shape.length !== 2 || !equalDims(width!, within!)) {
      throw new Error(`linear: a weight ${showShape(weight!.shape)} does not take ${showShape(x!.shape)}`);
    }
    if (bias !== undefined && !equalShapes(bias.shape, [out!])) {
      throw new Error(`linear: a bias ${showShape(bias.shape)} does not fit the weight ${showShape(weight!.shape)}`);
    }
    return { type: 'f32', shape: [...x!.shape.slice(0, -1), out!] };
  },
  gradient({ inputs: [x, weight, bias], grad, wanted }) {
    const rows = countOf(x!.shape.slice(0, -1));
    const [out, within] = weight!.shape;
    const byWeight = () => matmul(reshape(grad, [rows, out!]), reshape(x!, [rows, within!]), { transA: true });
    const byX = wanted[0] ? matmul(grad, weight!) : null;
    // The gradient's walk sums the bias's over the leading axes.
    return [byX, wanted[1] ? byWeight() : null, ...(bias === undefined ? [] : [grad])];
  },
  reference([x, weight, bias], _, shape) {
    const [out, within] = [weight!.shape[0]!, weight!.shape[1]!];
    const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
    for (let at = 0; at < data.length; at++) {
      const [row, column] = [Math.floor(at / out), at % out];
      let sum = bias === undefined ? 0 : bias.data[column]!;
      for (let i = 0; i < within; i++) sum += x!.data[row * within + i]! * weight!.data[column * within + i]!;
      data[at] = sum;
    }
    return { shape, data };
  },
  onnx(emit, [x, weight, bias], { inputs, shape }) {
    if (inputs[0]!.shape.length === 2)
      return emit.node('Gemm', [x!, weight!, ...(bias === undefined ? [] : [bias])], { transB: 1 });
    const product =
      emit.dialect === 'onnxruntime'
        ? emit.microsoft('FusedMatMul', [x!, weight!], { transB: 1 })
        : emit.node('MatMul', [x!, emit.node('Transpose', [weight!], { perm: [1, 0] })]);
    return bias === undefined ? product : emit.node('Add', [emit.shaped(product, shape), bias]);
  },
  examples(random) {
    const [rows, within, out] = [random.integer(1, 4), random.integer(1, 4), random.integer(1, 4)];
    const [weight, bias] = [{ shape: [out, within] }, { shape: [out] }];
    return [
      [rows, within],
      [2, rows, within],
    ].flatMap((shape) => [
      { inputs: [{ shape }, weight], attributes: {} },
      { inputs: [{ shape }, weight, bias], attributes: {} },
    ]);
  },
};

/** x·Wᵀ + bias along the last axis; `weight` is [out, in] as every checkpoint stores it, `bias` [out]. */
export const linear = (x: Value, weight: Value, bias?: Value): Value =>
  apply(linearOp, bias === undefined ? [x, weight] : [x, weight, bias], {});
