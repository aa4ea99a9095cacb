import { absolute } from '../graph/ops/absolute.ts';
import { add } from '../graph/ops/add.ts';
import { clamp } from '../graph/ops/clamp.ts';
import { divide } from '../graph/ops/divide.ts';
import { exp } from '../graph/ops/exp.ts';
import { gelu } from '../graph/ops/gelu.ts';
import { log } from '../graph/ops/log.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { negate } from '../graph/ops/negate.ts';
import { leakyRelu, relu } from '../graph/ops/relu.ts';
import { sigmoid } from '../graph/ops/sigmoid.ts';
import { silu } from '../graph/ops/silu.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { step } from '../graph/ops/step.ts';
import { subtract } from '../graph/ops/subtract.ts';
import { tanh } from '../graph/ops/tanh.ts';
import { transpose } from '../graph/ops/transpose.ts';
import { scalar, type Value } from '../graph/value.ts';

/** What stands behind a layer; `slope` is the learned number of `prelu`. */
export type Activation = (x: Value, slope: Value | undefined) => Value;

/** From where on tails are cut: PyTorch's `lambd`. */
const LAMBDA = 0.5;

/** SELU (arXiv:1706.02515). */
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

/** The middle of the slopes 1/8 … 1/3 that `rrelu` draws from in training. */
const RRELU_SLOPE = (1 / 8 + 1 / 3) / 2;

const below = (x: Value): Value => negate(relu(negate(x)));
const hardSigmoid = (x: Value): Value => clamp(add(multiply(x, scalar(1 / 6)), scalar(0.5)), 0, 1);
const hardSwish = (x: Value): Value => multiply(x, hardSigmoid(x));
/** ln(1 + eˣ), written so that nothing overflows. */
const softPlus = (x: Value): Value => add(relu(x), log(add(scalar(1), exp(negate(absolute(x))))));
/** x above 0, else α · (eˣ − 1). */
const elu = (x: Value, alpha = 1): Value => add(relu(x), multiply(subtract(exp(below(x)), scalar(1)), scalar(alpha)));
/** Over the batch: where no axis is named, PyTorch takes the first of three. */
const softmaxOverBatch = (x: Value): Value => transpose(softmax(transpose(x, [2, 1, 0])), [2, 1, 0]);

/** The names that A1111 writes: those of PyTorch's modules in lower case, as they are without settings; `swish` is the hard one. */
export const activations: Readonly<Record<string, Activation>> = {
  linear: (x) => x,
  celu: (x) => elu(x),
  elu: (x) => elu(x),
  gelu: (x) => gelu(x),
  hardshrink: (x) => multiply(x, step(subtract(absolute(x), scalar(LAMBDA)))),
  hardsigmoid: hardSigmoid,
  hardswish: hardSwish,
  hardtanh: (x) => clamp(x, -1, 1),
  leakyrelu: (x) => leakyRelu(x, 0.01),
  logsigmoid: (x) => negate(softPlus(negate(x))),
  logsoftmax: (x) => log(softmaxOverBatch(x)),
  mish: (x) => multiply(x, tanh(softPlus(x))),
  prelu: (x, slope) => add(relu(x), multiply(below(x), slope!)),
  relu: (x) => relu(x),
  relu6: (x) => clamp(x, 0, 6),
  rrelu: (x) => leakyRelu(x, RRELU_SLOPE),
  selu: (x) => multiply(elu(x, SELU.alpha), scalar(SELU.scale)),
  sigmoid: (x) => sigmoid(x),
  silu: (x) => silu(x),
  softmax: softmaxOverBatch,
  softmax2d: softmaxOverBatch,
  softmin: (x) => softmaxOverBatch(negate(x)),
  softplus: softPlus,
  softshrink: (x) => subtract(x, clamp(x, -LAMBDA, LAMBDA)),
  softsign: (x) => divide(x, add(scalar(1), absolute(x))),
  swish: hardSwish,
  tanh: (x) => tanh(x),
  tanhshrink: (x) => subtract(x, tanh(x)),
};
