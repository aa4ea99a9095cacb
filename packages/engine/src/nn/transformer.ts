import { add } from '../graph/ops/add.ts';
import { attention } from '../graph/ops/attention.ts';
import { gelu } from '../graph/ops/gelu.ts';
import { multiply } from '../graph/ops/multiply.ts';
import type { Value } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';
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
  let h = add(attentionLayer(first, first, scope.at('attn1'), heads), x);
  h = add(attentionLayer(layerNormLayer(h, scope.at('norm2')), context, scope.at('attn2'), heads), h);
  return add(feedForward(layerNormLayer(h, scope.at('norm3')), scope.at('ff.net')), h);
}

/** Attention of x [n, t, c] to `source` [n, s, d]; self-attention where they are the same. */
function attentionLayer(x: Value, source: Value, scope: WeightScope, heads: number): Value {
  const width = x.shape[2] as number;
  const q = linearLayer(x, scope.at('to_q'), width, { bias: false });
  const k = linearLayer(source, scope.at('to_k'), width, { bias: false });
  const v = linearLayer(source, scope.at('to_v'), width, { bias: false });
  return linearLayer(attention(q, k, v, { heads }), scope.at('to_out.0'), width);
}

/** Widening of the feed-forward layers. */
const WIDER = 4;

/** Two layers with a gate between them: (x·W) · gelu(x·V), then back (GEGLU, arXiv:2002.05202). */
function feedForward(x: Value, scope: WeightScope): Value {
  const width = x.shape[2] as number;
  const [values, gates] = linearLayers(x, scope.at('0.proj'), WIDER * width, 2) as [Value, Value];
  return linearLayer(multiply(values, gelu(gates)), scope.at(2), width);
}
