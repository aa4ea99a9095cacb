import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { add } from './add.ts';
import { multiply } from './multiply.ts';
import { step } from './step.ts';

type LeakyReluAttributes = { readonly slope: number };

export const reluOp = unary({
  name: 'relu',
  compute: (x) => Math.max(x, 0),
  gradient: ({ grad, x }) => multiply(grad, step(x)),
  onnx: 'Relu',
});

export const leakyReluOp = unary<LeakyReluAttributes>({
  name: 'leakyRelu',
  compute: (x, { slope }) => (x > 0 ? x : slope * x),
  gradient: ({ grad, x, attributes: { slope } }) =>
    multiply(grad, add(multiply(step(x), scalar(1 - slope)), scalar(slope))),
  onnx: (emit, x, { slope }) => emit.node('LeakyRelu', [x], { alpha: { float: slope } }),
  attributes: [{ slope: 0.2 }, { slope: 0.01 }],
});

/** max(x, 0). */
export const relu = (x: Value): Value => apply(reluOp, [x], {});

/** x where x > 0, else slope · x. */
export const leakyRelu = (x: Value, slope: number): Value => apply(leakyReluOp, [x], { slope });
