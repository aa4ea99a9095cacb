import { linear } from '../graph/ops/linear.ts';
import { type Value, weight, weightRows } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';

/**
 * x·Wᵀ + bias along the last axis to `out` numbers, with the scope's `weight` [out, in] (or the same as a 1×1
 * convolution [out, in, 1, 1]) and `bias` [out].
 */
export function linearLayer(x: Value, scope: WeightScope, out: number, { bias = true } = {}): Value {
  const within = x.shape.at(-1) as number;
  const stored = scope.peek('weight')?.shape.length === 4 ? [out, within, 1, 1] : [out, within];
  const matrix = weight(scope.get('weight', stored), [out, within]);
  return linear(x, matrix, bias ? weight(scope.get('bias', [out])) : undefined);
}

/** What the tensors of a layer are called in its scope. */
export interface LayerNames {
  readonly weight: string;
  readonly bias: string;
}

const USUAL_NAMES: LayerNames = { weight: 'weight', bias: 'bias' };

/** The layers that one stored layer of `parts` · `out` rows holds one after another, each as its own product: no split afterwards. */
export function linearLayers(x: Value, scope: WeightScope, out: number, parts: number, names = USUAL_NAMES): Value[] {
  const matrix = scope.get(names.weight, [parts * out, x.shape.at(-1) as number]);
  const bias = scope.get(names.bias, [parts * out]);
  return Array.from({ length: parts }, (_, i) =>
    linear(x, weightRows(matrix, i * out, (i + 1) * out), weightRows(bias, i * out, (i + 1) * out)),
  );
}
