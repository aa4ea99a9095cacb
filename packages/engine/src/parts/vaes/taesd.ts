import { multiplyDims, symbol } from '../../graph/dim.ts';
import { add } from '../../graph/ops/add.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { relu } from '../../graph/ops/relu.ts';
import { resizeNearest } from '../../graph/ops/resize-nearest.ts';
import { tanh } from '../../graph/ops/tanh.ts';
import { type Graph, input, scalar, type Value } from '../../graph/value.ts';
import { convLayer } from '../../nn/conv.ts';
import type { WeightScope } from '../../weights/scope.ts';

/** Residual blocks between the steps of size, in the decoder from coarse to fine; the encoder has them the other way round. */
const BLOCKS = [3, 3, 3, 1] as const;
const IMAGE_CHANNELS = 3;

/** The decoder holds latents softly within ± this: tanh(x / 3) · 3. */
const LIMIT = 3;

const KERNEL = [undefined, undefined, 3, 3] as const;

/** Channels of the latents that the decoder in `scope` takes. */
export const taesdDecoderLatents = (scope: WeightScope, first: number): number =>
  scope.at(first).get('weight', KERNEL).shape[1]!;

/** Channels of the latents that the encoder in `scope` gives: those of its last layer, behind as many blocks and convolutions. */
export const taesdEncoderLatents = (scope: WeightScope): number =>
  scope.at(BLOCKS.reduce((sum, blocks) => sum + blocks, BLOCKS.length as number)).get('weight', KERNEL).shape[0]!;

/** The decoder as a graph; see VaePart. `scope` holds the layers, the first one (a convolution) at index `first`. */
export function taesdDecoderGraph(scope: WeightScope, first: number): Graph {
  const channels = taesdDecoderLatents(scope, first);
  const latent = input('latent', [symbol('batch'), channels, symbol('height'), symbol('width')]);
  return { name: 'TAESD decoder', inputs: [latent], outputs: { image: taesdDecode(latent, scope, first) } };
}

/** The encoder as a graph; see VaePart. `scope` holds the layers from index 0. */
export function taesdEncoderGraph(scope: WeightScope): Graph {
  const image = input('image', [symbol('batch'), IMAGE_CHANNELS, symbol('height'), symbol('width')]);
  return { name: 'TAESD encoder', inputs: [image], outputs: { latent: taesdEncode(image, scope) } };
}

/** Scaled latents [n, z, h, w] to a picture [n, 3, 8h, 8w] in about −1…1. */
export function taesdDecode(latent: Value, scope: WeightScope, first: number): Value {
  const [width] = scope.at(first).get('weight', KERNEL).shape as [number];
  let at = first;
  let h = relu(convLayer(multiply(tanh(multiply(latent, scalar(1 / LIMIT))), scalar(LIMIT)), scope.at(at), width));
  // An activation has an index of its own, as an enlargement has.
  at += 2;
  for (const [stage, blocks] of BLOCKS.entries()) {
    if (stage > 0) {
      h = resizeNearest(h, multiplyDims(h.shape[2]!, 2), multiplyDims(h.shape[3]!, 2));
      h = convLayer(h, scope.at(at + 1), width, { bias: false });
      at += 2;
    }
    for (let i = 0; i < blocks; i++) h = taesdBlock(h, scope.at(at++), width);
  }
  // The network draws in 0…1.
  const drawn = convLayer(h, scope.at(at), IMAGE_CHANNELS);
  return add(multiply(drawn, scalar(2)), scalar(-1));
}

/** A picture [n, 3, H, W] in −1…1 to scaled latents [n, z, H/8, W/8]. */
export function taesdEncode(image: Value, scope: WeightScope): Value {
  const [width] = scope.at(0).get('weight', KERNEL).shape as [number];
  let at = 0;
  let h = multiply(add(image, scalar(1)), scalar(0.5));
  for (const [stage, blocks] of BLOCKS.toReversed().entries()) {
    h = convLayer(h, scope.at(at++), width, stage === 0 ? {} : { stride: 2, padding: [1, 1, 1, 1], bias: false });
    for (let i = 0; i < blocks; i++) h = taesdBlock(h, scope.at(at++), width);
  }
  return convLayer(h, scope.at(at), taesdEncoderLatents(scope));
}

function taesdBlock(x: Value, scope: WeightScope, out: number): Value {
  const conv = scope.at('conv');
  const inside = relu(convLayer(relu(convLayer(x, conv.at(0), out)), conv.at(2), out));
  const shortcut = x.shape[1] === out ? x : convLayer(x, scope.at('skip'), out, { size: 1, bias: false });
  return relu(add(convLayer(inside, conv.at(4), out), shortcut));
}
