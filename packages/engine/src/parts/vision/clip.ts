import { symbol } from '../../graph/dim.ts';
import { add } from '../../graph/ops/add.ts';
import { concat } from '../../graph/ops/concat.ts';
import { conv2d } from '../../graph/ops/conv2d.ts';
import { expand } from '../../graph/ops/expand.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { slice } from '../../graph/ops/slice-pad.ts';
import { type Graph, input, type Value, weight } from '../../graph/value.ts';
import { linearLayer } from '../../nn/linear.ts';
import { layerNormLayer } from '../../nn/norm.ts';
import { toTokens } from '../../nn/tokens.ts';
import { WeightScope } from '../../weights/scope.ts';
import type { TensorIndex } from '../../weights/tensor-index.ts';
import { clipLayer } from '../text-encoders/clip.ts';

/** CLIP's encoder of pictures with its projection, by which pictures can be compared with texts (arXiv:2103.00020). */
export interface VisionTower {
  readonly file: string;
  /** Width and height in pixels of what it looks at. */
  readonly side: number;
  /** Numbers that a picture is projected to. */
  readonly featureWidth: number;
  /** Input: `image` [batch, 3, side, side], normalised by `CLIP_MEAN` and `CLIP_DEVIATION`. Output: `features` [batch, featureWidth]. */
  graph(): Graph;
}

/** Mean and standard deviation of red, green and blue in 0…1 over the pictures that CLIP was trained on. */
export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
export const CLIP_DEVIATION = [0.26862954, 0.26130258, 0.27577711] as const;

/** Where the picture encoder stands in a file of CLIP, as the transformers library names it. */
const PLACE = 'vision_model';

const PROJECTION = 'visual_projection';

/** Widths of the picture encoders of CLIP-H, bigG and SigLIP, whose heads and activations are others. */
const BUILT_OTHERWISE: readonly number[] = [1280, 1664, 1152];

/** The picture encoder of a CLIP built as ViT-L/14, alone or beside its text encoder; undefined where there is none or it lacks a projection. */
export function findVisionTower(index: TensorIndex): VisionTower | undefined {
  const root = WeightScope.over(index.tensors, index.file);
  const scope = root.at(PLACE, 'CLIP picture encoder');
  const embeddings = scope.at('embeddings');
  const [featureWidth] = root.at(PROJECTION).peek('weight')?.shape ?? [];
  if (featureWidth === undefined || !embeddings.has('patch_embedding.weight')) return undefined;
  const kernel = embeddings.get('patch_embedding.weight', [undefined, 3, undefined, undefined]);
  const [width, , patch] = kernel.shape as [number, number, number, number];
  if (BUILT_OTHERWISE.includes(width)) return undefined;
  const positions = embeddings.get('position_embedding.weight', [undefined, width]);
  const tokens = positions.shape[0]!;
  const side = Math.round(Math.sqrt(tokens - 1)) * patch;
  const layers = scope.at('encoder.layers');
  const [innerWidth] = layers.at(0).get('mlp.fc1.weight', [undefined, width]).shape as [number];
  const graph = (): Graph => {
    const batch = symbol('batch');
    const image = input('image', [batch, 3, side, side]);
    const patches = toTokens(conv2d(image, weight(kernel), undefined, { stride: patch, padding: [0, 0, 0, 0] }));
    const first = reshape(weight(embeddings.get('class_embedding', [width])), [1, 1, width]);
    const vectors = add(concat([expand(first, [batch, 1, width]), patches], 1), weight(positions));
    // It is called so in every file.
    let h: Value = layerNormLayer(vectors, scope.at('pre_layrnorm'));
    const config = { naming: 'transformers', width, innerWidth, activation: 'quickGelu', causal: false } as const;
    for (let i = 0; i < layers.count(); i++) h = clipLayer(h, layers.at(i), config);
    const whole = layerNormLayer(reshape(slice(h, 1, 0, 1), [batch, width]), scope.at('post_layernorm'));
    const features = linearLayer(whole, root.at(PROJECTION), featureWidth, { bias: false });
    return { name: 'CLIP picture encoder', inputs: [image], outputs: { features } };
  };
  return { file: index.file, side, featureWidth, graph };
}
