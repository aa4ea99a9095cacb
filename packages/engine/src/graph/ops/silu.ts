import { unary } from '../elementwise.ts';
import { apply, scalar, type Value } from '../value.ts';
import { add } from './add.ts';
import { multiply } from './multiply.ts';
import { sigmoid } from './sigmoid.ts';
import { subtract } from './subtract.ts';

type SwishAttributes = { readonly beta: number };

export const swishOp = unary<SwishAttributes>({
  name: 'swish',
  compute: (x, { beta }) => x / (1 + Math.exp(-beta * x)),
  // s + βx s (1 − s) with s = σ(βx)
  gradient({ grad, x, attributes: { beta } }) {
    const scaled = beta === 1 ? x : multiply(x, scalar(beta));
    const s = sigmoid(scaled);
    return multiply(grad, multiply(s, add(multiply(scaled, subtract(scalar(1), s)), scalar(1))));
  },
  onnx(emit, x, { beta }) {
    if (emit.dialect === 'onnxruntime') return emit.microsoft('QuickGelu', [x], { alpha: { float: beta } });
    const scaled = beta === 1 ? x : emit.node('Mul', [x, emit.floats([beta])]);
    return emit.node('Mul', [x, emit.node('Sigmoid', [scaled])]);
  },
  attributes: [{ beta: 1 }, { beta: 1.702 }],
});

/** x · σ(x). */
export const silu = (x: Value): Value => apply(swishOp, [x], { beta: 1 });

/** x · σ(1.702 x), the activation of OpenAI's CLIP. */
export const quickGelu = (x: Value): Value => apply(swishOp, [x], { beta: 1.702 });
