import { DanqingError } from '../../errors.ts';
import { symbol } from '../../graph/dim.ts';
import { add } from '../../graph/ops/add.ts';
import { gather } from '../../graph/ops/gather-scatter.ts';
import { gelu } from '../../graph/ops/gelu.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { quickGelu } from '../../graph/ops/silu.ts';
import { subtract } from '../../graph/ops/subtract.ts';
import { type Graph, input, scalar, type Value, weight } from '../../graph/value.ts';
import { attentionLayer } from '../../nn/attention.ts';
import { linearLayer } from '../../nn/linear.ts';
import { layerNormLayer } from '../../nn/norm.ts';
import type { WeightScope } from '../../weights/scope.ts';

/** Width of an attention head in every CLIP text encoder. */
const HEAD_WIDTH = 64;

/** Structure of a CLIP text encoder. */
export interface ClipTextConfig {
  readonly vocabulary: number;
  /** Tokens of one chunk. */
  readonly tokens: number;
  readonly width: number;
  readonly layers: number;
  /** Width of the hidden layer of the feed-forward network. */
  readonly innerWidth: number;
  readonly activation: 'quickGelu' | 'gelu';
}

/**
 * Reads the structure of the text encoder in `scope` (`embeddings`, `encoder`, `final_layer_norm`) off its shapes; the
 * activation cannot be seen there.
 */
export function readClipTextConfig(scope: WeightScope, activation: ClipTextConfig['activation']): ClipTextConfig {
  const [vocabulary, width] = scope.get('embeddings.token_embedding.weight', [undefined, undefined]).shape as [
    number,
    number,
  ];
  const [tokens] = scope.get('embeddings.position_embedding.weight', [undefined, width]).shape as [number];
  const layers = scope.at('encoder.layers');
  const [innerWidth] = layers.at(0).get('mlp.fc1.weight', [undefined, width]).shape as [number];
  return { vocabulary, tokens, width, layers: layers.count(), innerWidth, activation };
}

/**
 * The text encoder as a graph; for inputs and output see TextEncoderPart.
 * @throws bad-value when clipSkip is not between 1 and the number of layers.
 */
export function clipTextGraph(scope: WeightScope, config: ClipTextConfig, clipSkip: number): Graph {
  const { tokens, width } = config;
  const batch = symbol('batch');
  const ids = input('ids', [batch, tokens], 'i64');
  const replacement = input('replacement', [batch, tokens, width]);
  const replaced = input('replaced', [batch, tokens, 1]);
  const table = weight(scope.get('embeddings.token_embedding.weight', [config.vocabulary, width]));
  const kept = multiply(gather(table, ids), subtract(scalar(1), replaced));
  const encoding = clipText(add(kept, multiply(replacement, replaced)), scope, config, clipSkip);
  return { name: 'text encoder', inputs: [ids, replacement, replaced], outputs: { encoding } };
}

/** Token vectors [n, tokens, width] to encodings of the same shape: hidden state −clipSkip, then the final layer norm. */
export function clipText(vectors: Value, scope: WeightScope, config: ClipTextConfig, clipSkip: number): Value {
  const { tokens, width, layers } = config;
  if (!Number.isInteger(clipSkip) || clipSkip < 1 || clipSkip > layers) {
    throw new DanqingError('bad-value', {
      where: 'CLIP skip',
      expected: `a whole number from 1 to ${layers}`,
      found: `${clipSkip}`,
    });
  }
  const positions = weight(scope.get('embeddings.position_embedding.weight', [tokens, width]));
  let h = add(vectors, positions);
  for (let i = 0; i <= layers - clipSkip; i++) h = clipLayer(h, scope.at('encoder.layers').at(i), config);
  return layerNormLayer(h, scope.at('final_layer_norm'));
}

function clipLayer(x: Value, scope: WeightScope, { width, innerWidth, activation }: ClipTextConfig): Value {
  const normal = layerNormLayer(x, scope.at('layer_norm1'));
  const own = scope.at('self_attn');
  const scopes = { q: own.at('q_proj'), k: own.at('k_proj'), v: own.at('v_proj'), out: own.at('out_proj') };
  const h = add(x, attentionLayer(normal, normal, scopes, { heads: width / HEAD_WIDTH, causal: true }));
  const inner = linearLayer(layerNormLayer(h, scope.at('layer_norm2')), scope.at('mlp.fc1'), innerWidth);
  return add(h, linearLayer(activation === 'gelu' ? gelu(inner) : quickGelu(inner), scope.at('mlp.fc2'), width));
}
