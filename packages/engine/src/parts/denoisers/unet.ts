import { multiplyDims, symbol } from '../../graph/dim.ts';
import { add } from '../../graph/ops/add.ts';
import { concat } from '../../graph/ops/concat.ts';
import { resizeNearest } from '../../graph/ops/resize-nearest.ts';
import { silu } from '../../graph/ops/silu.ts';
import { type Graph, input, type Value } from '../../graph/value.ts';
import { convLayer } from '../../nn/conv.ts';
import { timestepEmbedding } from '../../nn/embeddings.ts';
import { linearLayer } from '../../nn/linear.ts';
import { groupNormLayer } from '../../nn/norm.ts';
import { resnetBlock } from '../../nn/resnet.ts';
import { spatialTransformer } from '../../nn/transformer.ts';
import type { WeightScope } from '../../weights/scope.ts';

/** Epsilon of the group normalisations, but for those before transformers. */
const EPSILON = 1e-5;

/** Structure of a UNet of Stable Diffusion 1.x, 2.x or SDXL. */
export interface UnetConfig {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Channels after the first convolution; also the width of the timestep embedding. */
  readonly width: number;
  /** Finest first. `down` and `up` hold for each residual block the depth of the transformer behind it, 0 for none. */
  readonly levels: readonly {
    readonly channels: number;
    readonly down: readonly number[];
    readonly up: readonly number[];
  }[];
  /** Depth of the transformer in the middle block. */
  readonly middle: number;
  readonly contextWidth: number;
  /** Width of the pooled text and sizes that SDXL adds to the time embedding. */
  readonly vectorWidth: number | undefined;
  readonly heads: Heads;
}

/** Attention heads: their number at every level (SD 1.x), or their width (later families). */
export type Heads = { readonly count: number } | { readonly width: number };

const KERNEL = [undefined, undefined, 3, 3] as const;

/**
 * Reads the structure of the UNet in `scope` off its key names and shapes; `heads` cannot be seen there.
 * @throws missing when a key that every UNet has is not there.
 */
export function readUnetConfig(scope: WeightScope, heads: Heads): UnetConfig {
  const [width, inputChannels] = scope.get('input_blocks.0.0.weight', KERNEL).shape as [number, number];
  const [outputChannels] = scope.get('out.2.weight', [undefined, width, 3, 3]).shape as [number];
  const depth = (block: WeightScope) => block.at('1.transformer_blocks').count();

  const down: { channels: number; depths: number[] }[] = [{ channels: width, depths: [] }];
  const inputs = scope.at('input_blocks');
  for (let i = 1; i < inputs.count(); i++) {
    const block = inputs.at(i);
    if (block.has('0.op.weight')) {
      down.push({ channels: 0, depths: [] });
      continue;
    }
    const level = down.at(-1)!;
    level.channels = block.get('0.out_layers.3.weight', KERNEL).shape[0]!;
    level.depths.push(depth(block));
  }

  // The output blocks go the same way back, with one residual block more at each level.
  const outputs = scope.at('output_blocks');
  let next = 0;
  const up = down.toReversed().map(({ depths }) => [...depths, 0].map(() => depth(outputs.at(next++))));

  const key = 'transformer_blocks.0.attn2.to_k.weight';
  const transformers = [...inputs.children().map((name) => inputs.at(name).at(1)), scope.at('middle_block.1')];
  const first = transformers.find((place) => place.has(key)) ?? scope.at('middle_block.1');
  return {
    inputChannels,
    outputChannels,
    width,
    levels: down.map(({ channels, depths }, i) => ({ channels, down: depths, up: up[down.length - 1 - i]! })),
    middle: scope.at('middle_block.1.transformer_blocks').count(),
    contextWidth: first.get(key, [undefined, undefined]).shape[1]!,
    vectorWidth: scope.peek('label_emb.0.0.weight')?.shape[1],
    heads,
  };
}

/**
 * The UNet as a graph; for inputs and output see DenoiserPart.
 * @throws missing or bad-shape, naming the key, when a weight is not what the structure asks for.
 */
export function unetGraph(scope: WeightScope, config: UnetConfig): Graph {
  const batch = symbol('batch');
  const x = input('x', [batch, config.inputChannels, symbol('height'), symbol('width')]);
  const timestep = input('timestep', [batch]);
  const context = input('context', [batch, symbol('tokens'), config.contextWidth]);
  const vector = config.vectorWidth === undefined ? undefined : input('vector', [batch, config.vectorWidth]);
  const prediction = unet({ x, timestep, context, vector }, scope, config);
  return {
    name: 'unet',
    inputs: [x, timestep, context, ...(vector === undefined ? [] : [vector])],
    outputs: { prediction },
  };
}

interface UnetInputs {
  readonly x: Value;
  readonly timestep: Value;
  readonly context: Value;
  readonly vector: Value | undefined;
}

/** The prediction of the UNet in `scope`. */
export function unet({ x, timestep, context, vector }: UnetInputs, scope: WeightScope, config: UnetConfig): Value {
  const embedding = silu(timeEmbedding(timestep, vector, scope, config));
  const block = (h: Value, place: WeightScope, channels: number, depth: number): Value => {
    const mixed = unetResnet(h, place.at(0), channels, embedding);
    return depth === 0
      ? mixed
      : spatialTransformer(mixed, context, place.at(1), { depth, heads: headsOf(channels, config.heads) });
  };

  const inputs = scope.at('input_blocks');
  let h = convLayer(x, inputs.at('0.0'), config.width);
  const skips = [h];
  let at = 1;
  config.levels.forEach(({ channels, down }, level) => {
    for (const depth of down) skips.push((h = block(h, inputs.at(at++), channels, depth)));
    if (level < config.levels.length - 1)
      skips.push((h = convLayer(h, inputs.at(at++).at('0.op'), channels, { stride: 2, padding: [1, 1, 1, 1] })));
  });

  const middle = scope.at('middle_block');
  const { channels: deepest } = config.levels.at(-1)!;
  h = block(h, middle, deepest, config.middle);
  h = unetResnet(h, middle.at(2), deepest, embedding);

  at = 0;
  for (const [level, { channels, up }] of [...config.levels.entries()].reverse()) {
    for (const [i, depth] of up.entries()) {
      const place = scope.at('output_blocks').at(at++);
      h = block(joinSkip(h, skips.pop()!), place, channels, depth);
      if (level > 0 && i === up.length - 1) h = upsample(h, place.at(depth === 0 ? 1 : 2).at('conv'));
    }
  }
  return convLayer(silu(groupNormLayer(h, scope.at('out.0'), EPSILON)), scope.at('out.2'), config.outputChannels);
}

function timeEmbedding(timestep: Value, vector: Value | undefined, scope: WeightScope, { width }: UnetConfig): Value {
  const out = scope.get('time_embed.0.weight', [undefined, width]).shape[0]!;
  const twoLayers = (x: Value, place: WeightScope) =>
    linearLayer(silu(linearLayer(x, place.at(0), out)), place.at(2), out);
  const time = twoLayers(timestepEmbedding(timestep, width), scope.at('time_embed'));
  return vector === undefined ? time : add(time, twoLayers(vector, scope.at('label_emb.0')));
}

const unetResnet = (x: Value, scope: WeightScope, out: number, embedding: Value): Value =>
  resnetBlock(
    x,
    {
      norm1: scope.at('in_layers.0'),
      conv1: scope.at('in_layers.2'),
      norm2: scope.at('out_layers.0'),
      conv2: scope.at('out_layers.3'),
      shortcut: scope.at('skip_connection'),
    },
    { out, epsilon: EPSILON, time: { embedding, layer: scope.at('emb_layers.1') } },
  );

const headsOf = (channels: number, heads: Heads): number => ('count' in heads ? heads.count : channels / heads.width);

function upsample(x: Value, scope: WeightScope): Value {
  const [, channels, height, width] = x.shape;
  return convLayer(resizeNearest(x, multiplyDims(height!, 2), multiplyDims(width!, 2)), scope, channels as number);
}

/** The skip's channels behind those of `h`; where an odd size was halved and doubled, `h` is first brought to the skip's size. */
const joinSkip = (h: Value, skip: Value): Value => concat([resizeNearest(h, skip.shape[2]!, skip.shape[3]!), skip], 1);
