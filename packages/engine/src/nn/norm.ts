import { DanqingError } from '../errors.ts';
import { groupNorm } from '../graph/ops/group-norm.ts';
import { layerNorm } from '../graph/ops/layer-norm.ts';
import { type Value, weight } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';

/** Groups of every group normalisation in Stable Diffusion's networks. */
const GROUPS = 32;

/**
 * Group normalisation of x [n, c, h, w] with the scope's `weight` and `bias` [c].
 * @throws bad-shape when c does not divide into the groups.
 */
export function groupNormLayer(x: Value, scope: WeightScope, epsilon: number): Value {
  const channels = x.shape[1] as number;
  if (channels === 0 || channels % GROUPS !== 0) {
    throw new DanqingError('bad-shape', {
      where: scope.path,
      expected: `channels that divide into ${GROUPS} groups`,
      found: `${channels}`,
    });
  }
  const [scale, shift] = ['weight', 'bias'].map((name) => weight(scope.get(name, [channels]))) as [Value, Value];
  return groupNorm(x, scale, shift, { groups: GROUPS, epsilon });
}

/** Epsilon of every layer normalisation here: PyTorch's default. */
const LAYER_NORM_EPSILON = 1e-5;

/** Layer normalisation along the last axis with the scope's `weight` and `bias`. */
export function layerNormLayer(x: Value, scope: WeightScope): Value {
  const width = [x.shape.at(-1) as number];
  const [scale, shift] = ['weight', 'bias'].map((name) => weight(scope.get(name, width))) as [Value, Value];
  return layerNorm(x, scale, shift, { epsilon: LAYER_NORM_EPSILON });
}
