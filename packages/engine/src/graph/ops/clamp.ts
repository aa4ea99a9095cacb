import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { multiply } from './multiply.ts';
import { step } from './step.ts';
import { subtract } from './subtract.ts';

type ClampAttributes = { readonly low: number; readonly high: number };

export const clampOp = unary<ClampAttributes>({
  name: 'clamp',
  compute: (x, { low, high }) => Math.min(Math.max(x, low), high),
  // 0 on the bounds, as torch has it since 2.14 and for relu always
  gradient: ({ grad, x, attributes: { low, high } }) =>
    multiply(grad, multiply(step(subtract(x, scalar(low))), step(subtract(scalar(high), x)))),
  onnx: (emit, x, { low, high }) => emit.node('Clip', [x, emit.floats([low]), emit.floats([high])]),
  attributes: [
    { low: -1, high: 1 },
    { low: 0, high: 0.5 },
  ],
});

/** x held between low and high. */
export const clamp = (x: Value, low: number, high: number): Value => apply(clampOp, [x], { low, high });
