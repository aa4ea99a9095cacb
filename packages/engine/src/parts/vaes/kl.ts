import { multiplyDims, symbol } from '../../graph/dim.ts';
import { add } from '../../graph/ops/add.ts';
import { clamp } from '../../graph/ops/clamp.ts';
import { exp } from '../../graph/ops/exp.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { resizeNearest } from '../../graph/ops/resize-nearest.ts';
import { silu } from '../../graph/ops/silu.ts';
import { slice } from '../../graph/ops/slice-pad.ts';
import { type Graph, input, scalar, type Value } from '../../graph/value.ts';
import { attentionLayer } from '../../nn/attention.ts';
import { convLayer } from '../../nn/conv.ts';
import { groupNormLayer } from '../../nn/norm.ts';
import { resnetBlock } from '../../nn/resnet.ts';
import { fromTokens, toTokens } from '../../nn/tokens.ts';
import type { WeightScope } from '../../weights/scope.ts';

/** Epsilon of the VAE's group normalisations. */
const EPSILON = 1e-6;

/** The encoder predicts a logarithm of the variance, kept within these bounds. */
const LOG_VARIANCE = [-30, 20] as const;

const IMAGE_CHANNELS = 3;

/** Structure of a KL autoencoder of latent diffusion (arXiv:2112.10752). */
export interface KlConfig {
  readonly latentChannels: number;
  /** Channels of each level, finest first; each but the last halves width and height. */
  readonly channels: readonly number[];
  /** Residual blocks of a level on the way down; undefined without an encoder. */
  readonly encoderBlocks: number | undefined;
  /** Residual blocks of a level on the way up; undefined without a decoder. */
  readonly decoderBlocks: number | undefined;
}

const KERNEL = [undefined, undefined, 3, 3] as const;

/** Reads the structure of the autoencoder in `scope` (`encoder`, `decoder`, `quant_conv`, `post_quant_conv`) off its shapes. */
export function readKlConfig(scope: WeightScope): KlConfig {
  const decoder = scope.has('decoder.conv_in.weight');
  const half = scope.at(decoder ? 'decoder.up' : 'encoder.down');
  const blocks = (place: string) => scope.at(place).at('0.block').count() || undefined;
  const latent = decoder
    ? scope.get('decoder.conv_in.weight', KERNEL).shape[1]!
    : Math.floor(scope.get('encoder.conv_out.weight', KERNEL).shape[0]! / 2);
  const channels = Array.from(
    { length: half.count() },
    (_, level) => half.at(level).get('block.0.conv2.weight', KERNEL).shape[0]!,
  );
  return {
    latentChannels: latent,
    channels,
    encoderBlocks: blocks('encoder.down'),
    decoderBlocks: blocks('decoder.up'),
  };
}

/** The decoder as a graph from latents that carry the factor `scale`; see VaePart. */
export function klDecoderGraph(scope: WeightScope, config: KlConfig, scale: number): Graph {
  const latent = input('latent', [symbol('batch'), config.latentChannels, symbol('height'), symbol('width')]);
  const image = klDecode(multiply(latent, scalar(1 / scale)), scope, config);
  return { name: 'VAE decoder', inputs: [latent], outputs: { image } };
}

/** The encoder as a graph to latents that carry the factor `scale`; see VaePart. */
export function klEncoderGraph(scope: WeightScope, config: KlConfig, scale: number): Graph {
  const image = input('image', [symbol('batch'), IMAGE_CHANNELS, symbol('height'), symbol('width')]);
  const { mean, logVariance } = klEncode(image, scope, config);
  const deviation = exp(multiply(clamp(logVariance, ...LOG_VARIANCE), scalar(0.5)));
  const outputs = { latent: multiply(mean, scalar(scale)), deviation: multiply(deviation, scalar(scale)) };
  return { name: 'VAE encoder', inputs: [image], outputs };
}

/** Unscaled latents [n, z, h, w] to a picture [n, 3, h·factor, w·factor], about −1…1. */
export function klDecode(
  latent: Value,
  scope: WeightScope,
  { latentChannels, channels, decoderBlocks = 0 }: KlConfig,
): Value {
  const unquantised = scope.at('post_quant_conv');
  const decoder = scope.at('decoder');
  const z = unquantised.has('weight') ? convLayer(latent, unquantised, latentChannels, { size: 1 }) : latent;
  let h = middle(convLayer(z, decoder.at('conv_in'), channels.at(-1)!), decoder.at('mid'));
  for (const [level, out] of [...channels.entries()].toReversed()) {
    const place = decoder.at('up').at(level);
    for (let i = 0; i < decoderBlocks; i++) h = klResnet(h, place.at('block').at(i), out);
    if (level > 0) h = convLayer(doubled(h), place.at('upsample.conv'), out);
  }
  return convLayer(silu(groupNormLayer(h, decoder.at('norm_out'), EPSILON)), decoder.at('conv_out'), IMAGE_CHANNELS);
}

/** A picture [n, 3, H, W] in −1…1 to mean and logarithm of the variance of its unscaled latent, each [n, z, H/factor, W/factor]. */
export function klEncode(image: Value, scope: WeightScope, { latentChannels, channels, encoderBlocks = 0 }: KlConfig) {
  const quantised = scope.at('quant_conv');
  const encoder = scope.at('encoder');
  let h = convLayer(image, encoder.at('conv_in'), channels[0]!);
  for (const [level, out] of channels.entries()) {
    const place = encoder.at('down').at(level);
    for (let i = 0; i < encoderBlocks; i++) h = klResnet(h, place.at('block').at(i), out);
    // Padded at the right and below only.
    if (level < channels.length - 1)
      h = convLayer(h, place.at('downsample.conv'), out, { stride: 2, padding: [0, 0, 1, 1] });
  }
  h = middle(h, encoder.at('mid'));
  const both = 2 * latentChannels;
  h = convLayer(silu(groupNormLayer(h, encoder.at('norm_out'), EPSILON)), encoder.at('conv_out'), both);
  const moments = quantised.has('weight') ? convLayer(h, quantised, both, { size: 1 }) : h;
  return { mean: slice(moments, 1, 0, latentChannels), logVariance: slice(moments, 1, latentChannels, both) };
}

/** Two residual blocks with attention of a single head between them. */
function middle(x: Value, scope: WeightScope): Value {
  const channels = x.shape[1] as number;
  const h = klResnet(x, scope.at('block_1'), channels);
  const place = scope.at('attn_1');
  const tokens = toTokens(groupNormLayer(h, place.at('norm'), EPSILON));
  const scopes = { q: place.at('q'), k: place.at('k'), v: place.at('v'), out: place.at('proj_out') };
  const mixed = attentionLayer(tokens, tokens, scopes, { heads: 1 });
  return klResnet(add(h, fromTokens(mixed, h)), scope.at('block_2'), channels);
}

const klResnet = (x: Value, scope: WeightScope, out: number): Value =>
  resnetBlock(
    x,
    {
      norm1: scope.at('norm1'),
      conv1: scope.at('conv1'),
      norm2: scope.at('norm2'),
      conv2: scope.at('conv2'),
      shortcut: scope.at('nin_shortcut'),
    },
    { out, epsilon: EPSILON },
  );

const doubled = (x: Value): Value => resizeNearest(x, multiplyDims(x.shape[2]!, 2), multiplyDims(x.shape[3]!, 2));
