import { equalDims, showShape } from '../dim.ts';
import { normGradient, normReference } from '../norm.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

type LayerNormAttributes = { readonly epsilon: number };

export const layerNormOp: Op<LayerNormAttributes> = {
  name: 'layerNorm',
  infer([x, weight, bias]) {
    const width = x!.shape.at(-1);
    for (const each of [weight, bias]) {
      if (width === undefined || each!.shape.length !== 1 || !equalDims(each!.shape[0]!, width)) {
        throw new Error(`layerNorm: scale or shift ${showShape(each!.shape)} does not fit ${showShape(x!.shape)}`);
      }
    }
    return { type: 'f32', shape: x!.shape };
  },
  gradient({ inputs: [x, weight], attributes: { epsilon }, grad, wanted }) {
    const over = [x!.shape.length - 1];
    const { byX, byWeight, byBias } = normGradient({ x: x!, weight: weight!, grad, over, epsilon, wanted });
    return [byX, byWeight, byBias];
  },
  reference([x, weight, bias], { epsilon }, shape) {
    const width = shape.at(-1)!;
    const data = normReference(x!.data, width, epsilon);
    return { shape, data: data.map((value, i) => value * weight!.data[i % width]! + bias!.data[i % width]!) };
  },
  onnx: (emit, inputs, { attributes: { epsilon } }) =>
    emit.node('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } }),
  examples(random) {
    const [n, width] = [random.integer(1, 3), random.integer(3, 6)];
    const each = { shape: [width] };
    return [
      { inputs: [{ shape: [n, 2, width] }, each, each], attributes: { epsilon: 1e-5 } },
      { inputs: [{ shape: [width] }, each, each], attributes: { epsilon: 0.1 } },
    ];
  },
};

/** x [… , d] brought to mean 0 and variance 1 along its last axis, scaled by `weight` [d] and shifted by `bias` [d] (arXiv:1607.06450). */
export const layerNorm = (x: Value, weight: Value, bias: Value, { epsilon }: LayerNormAttributes): Value =>
  apply(layerNormOp, [x, weight, bias], { epsilon });
