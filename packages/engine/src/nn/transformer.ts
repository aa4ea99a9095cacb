import { add } from '../graph/ops/add.ts';
import { gelu } from '../graph/ops/gelu.ts';
import { multiply } from '../graph/ops/multiply.ts';
import type { Value } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';
import { type AttentionScopes, attentionLayer } from './attention.ts';
import { linearLayer, linearLayers } from './linear.ts';
import { groupNormLayer, layerNormLayer } from './norm.ts';
import { fromTokens, toTokens } from './tokens.ts';

/** Epsilon of the group normalisation before a spatial transformer; the UNet's others are 1e-5. */
const GROUP_NORM_EPSILON = 1e-6;

/**
 * Spatial transformer of x [n, c, h, w] that looks at context [n, tokens, d]: normalise, project, `depth` blocks over the
 * places as tokens, project back, add x (arXiv:2112.10752).
 */
export function spatialTransformer(
  x: Value,
  context: Value,
  scope: WeightScope,
  { depth, heads }: { depth: number; heads: number },
): Value {
  const channels = x.shape[1] as number;
  // A projection is a 1×1 convolution or a linear layer: over tokens they are the same.
  let tokens = linearLayer(
    toTokens(groupNormLayer(x, scope.at('norm'), GROUP_NORM_EPSILON)),
    scope.at('proj_in'),
    channels,
  );
  for (let i = 0; i < depth; i++)
    tokens = transformerBlock(tokens, context, scope.at('transformer_blocks').at(i), heads);
  return add(fromTokens(linearLayer(tokens, scope.at('proj_out'), channels), x), x);
}

function transformerBlock(x: Value, context: Value, scope: WeightScope, heads: number): Value {
  const first = layerNormLayer(x, scope.at('norm1'));
  let h = add(attentionLayer(first, first, attentionScopes(scope.at('attn1')), { heads, bias: false }), x);
  h = add(
    attentionLayer(layerNormLayer(h, scope.at('norm2')), context, attentionScopes(scope.at('attn2')), {
      heads,
      bias: false,
    }),
    h,
  );
  return add(feedForward(layerNormLayer(h, scope.at('norm3')), scope.at('ff.net')), h);
}

const attentionScopes = (scope: WeightScope): AttentionScopes => ({
  q: scope.at('to_q'),
  k: scope.at('to_k'),
  v: scope.at('to_v'),
  out: scope.at('to_out.0'),
});

/** Widening of the feed-forward layers. */
const WIDER = 4;

/** Two layers with a gate between them: (x·W) · gelu(x·V), then back (GEGLU, arXiv:2002.05202). */
function feedForward(x: Value, scope: WeightScope): Value {
  const width = x.shape[2] as number;
  const [values, gates] = linearLayers(x, scope.at('0.proj'), WIDER * width, 2) as [Value, Value];
  return linearLayer(multiply(values, gelu(gates)), scope.at(2), width);
}
