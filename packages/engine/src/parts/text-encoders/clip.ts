import { DanqingError } from '../../errors.ts';
import { symbol } from '../../graph/dim.ts';
import { add } from '../../graph/ops/add.ts';
import { gather } from '../../graph/ops/gather-scatter.ts';
import { gelu } from '../../graph/ops/gelu.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { quickGelu } from '../../graph/ops/silu.ts';
import { subtract } from '../../graph/ops/subtract.ts';
import { sum } from '../../graph/ops/sum.ts';
import { type Graph, input, scalar, type Value, weight } from '../../graph/value.ts';
import { attentionLayer, stackedAttentionLayer } from '../../nn/attention.ts';
import { linearLayer } from '../../nn/linear.ts';
import { layerNormLayer } from '../../nn/norm.ts';
import type { WeightScope } from '../../weights/scope.ts';
import { type ClipNaming, clipNames } from './clip-names.ts';

/** Width of an attention head in every CLIP text encoder, and in the picture encoder of ViT-L. */
const HEAD_WIDTH = 64;

/** The matrix behind the pooled vector, as a tensor (OpenCLIP) or a layer (transformers). */
const PROJECTION = 'text_projection';

/** Structure of a CLIP text encoder. */
export interface ClipTextConfig {
  readonly naming: ClipNaming;
  readonly vocabulary: number;
  /** Tokens of one chunk. */
  readonly tokens: number;
  readonly width: number;
  readonly layers: number;
  /** Width of the hidden layer of the feed-forward network. */
  readonly innerWidth: number;
  readonly activation: 'quickGelu' | 'gelu';
}

/** What is taken out of a CLIP text encoder. */
export interface ClipTextOutputs {
  /** 1 is the last layer; n takes hidden state −n. */
  readonly clipSkip: number;
  /** Whether the encoding goes through the final layer norm, whatever layer it is of. */
  readonly normed: boolean;
  /** The place of the matrix that makes the pooled vector; undefined for an encoder without one. */
  readonly projection?: WeightScope | undefined;
}

/**
 * Reads the structure of the text encoder in `scope` off its names and shapes; the activation cannot be seen there.
 * @throws missing or bad-shape when it is none.
 */
export function readClipTextConfig(scope: WeightScope, activation: ClipTextConfig['activation']): ClipTextConfig {
  const naming = scope.has(clipNames.openClip.tokens) ? 'openClip' : 'transformers';
  const names = clipNames[naming];
  const [vocabulary, width] = scope.get(names.tokens, [undefined, undefined]).shape as [number, number];
  const [tokens] = scope.get(names.positions, [undefined, width]).shape as [number];
  const layers = scope.at(names.layers);
  const [innerWidth] = layers.at(0).get(`${names.widen}.weight`, [undefined, width]).shape as [number];
  return { naming, vocabulary, tokens, width, layers: layers.count(), innerWidth, activation };
}

/**
 * The text encoder as a graph; for inputs and outputs see TextEncoderPart.
 * @throws bad-value when clipSkip is not between 1 and the number of layers.
 */
export function clipTextGraph(scope: WeightScope, config: ClipTextConfig, outputs: ClipTextOutputs): Graph {
  const { tokens, width } = config;
  const batch = symbol('batch');
  const ids = input('ids', [batch, tokens], 'i64');
  const replacement = input('replacement', [batch, tokens, width]);
  const replaced = input('replaced', [batch, tokens, 1]);
  const table = weight(scope.get(clipNames[config.naming].tokens, [config.vocabulary, width]));
  const kept = multiply(gather(table, ids), subtract(scalar(1), replaced));
  const vectors = add(kept, multiply(replacement, replaced));
  const { encoding, last } = clipText(vectors, scope, config, outputs);
  const inputs = [ids, replacement, replaced];
  if (outputs.projection === undefined) return { name: 'text encoder', inputs, outputs: { encoding } };
  const pooledAt = input('pooledAt', [batch, tokens, 1]);
  const pooled = pool(last(), pooledAt, outputs.projection);
  return { name: 'text encoder', inputs: [...inputs, pooledAt], outputs: { encoding, pooled } };
}

/** Token vectors [n, tokens, width] to encodings of the same shape, and to what the last layer makes of them, normed. */
export function clipText(
  vectors: Value,
  scope: WeightScope,
  config: ClipTextConfig,
  { clipSkip, normed }: Pick<ClipTextOutputs, 'clipSkip' | 'normed'>,
): { readonly encoding: Value; last(): Value } {
  const { tokens, width, layers } = config;
  if (!Number.isInteger(clipSkip) || clipSkip < 1 || clipSkip > layers) {
    throw new DanqingError('bad-value', {
      where: 'CLIP skip',
      expected: `a whole number from 1 to ${layers}`,
      found: `${clipSkip}`,
    });
  }
  const names = clipNames[config.naming];
  const run = (x: Value, from: number, to: number): Value => {
    let h = x;
    for (let i = from; i < to; i++) h = clipLayer(h, scope.at(names.layers).at(i), { ...config, causal: true });
    return h;
  };
  const norm = (x: Value): Value => layerNormLayer(x, scope.at(names.finalNorm));
  const positions = weight(scope.get(names.positions, [tokens, width]));
  const taken = layers - clipSkip + 1;
  const hidden = run(add(vectors, positions), 0, taken);
  return { encoding: normed ? norm(hidden) : hidden, last: () => norm(run(hidden, taken, layers)) };
}

/** What a layer of CLIP is built by; `causal` hides later tokens, as texts need it and pictures do not. */
type ClipLayerConfig = Pick<ClipTextConfig, 'naming' | 'width' | 'innerWidth' | 'activation'> & {
  readonly causal: boolean;
};

/** A layer of a CLIP encoder, of texts or of pictures: x [n, tokens, width] to the same shape. */
export function clipLayer(x: Value, scope: WeightScope, config: ClipLayerConfig): Value {
  const { naming, width, innerWidth, activation, causal } = config;
  const names = clipNames[naming];
  const normal = layerNormLayer(x, scope.at(names.norm1));
  const own = scope.at(names.attention);
  const settings = { heads: width / HEAD_WIDTH, causal };
  const mixed =
    naming === 'openClip'
      ? stackedAttentionLayer(normal, own, settings)
      : attentionLayer(
          normal,
          normal,
          { q: own.at('q_proj'), k: own.at('k_proj'), v: own.at('v_proj'), out: own.at('out_proj') },
          settings,
        );
  const h = add(x, mixed);
  const inner = linearLayer(layerNormLayer(h, scope.at(names.norm2)), scope.at(names.widen), innerWidth);
  return add(h, linearLayer(activation === 'gelu' ? gelu(inner) : quickGelu(inner), scope.at(names.narrow), width));
}

/** The vector of the token that `pooledAt` [n, tokens, 1] marks, of x [n, tokens, width], projected: [n, pooled width]. */
export function pool(x: Value, pooledAt: Value, scope: WeightScope): Value {
  const marked = sum(multiply(x, pooledAt), [1]);
  const width = x.shape[2] as number;
  // OpenCLIP multiplies by its matrix from the right; the transformers library keeps the same one turned, as a linear layer.
  if (scope.has(PROJECTION)) return matmul(marked, weight(scope.get(PROJECTION, [width, undefined])));
  const turned = scope.at(PROJECTION);
  const [out] = turned.get('weight', [undefined, width]).shape as [number];
  return linearLayer(marked, turned, out, { bias: false });
}

/** Numbers in the pooled vector of the encoder beside whose layers `scope` has a projection; undefined without one. */
export const pooledWidth = (scope: WeightScope): number | undefined =>
  scope.peek(PROJECTION)?.shape[1] ?? scope.at(PROJECTION).peek('weight')?.shape[0];
