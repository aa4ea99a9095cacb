import { add } from '../graph/ops/add.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { silu } from '../graph/ops/silu.ts';
import type { Value } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';
import { convLayer } from './conv.ts';
import { linearLayer } from './linear.ts';
import { groupNormLayer } from './norm.ts';

/** Where the layers of a residual block stand; the UNet and the VAE name them differently. */
export interface ResnetScopes {
  readonly norm1: WeightScope;
  readonly conv1: WeightScope;
  readonly norm2: WeightScope;
  readonly conv2: WeightScope;
  /** 1×1 convolution beside the block; there only where the number of channels changes. */
  readonly shortcut: WeightScope;
}

interface ResnetSettings {
  readonly out: number;
  readonly epsilon: number;
  /** Activated time embedding [n, d] that goes through a layer of its own into the middle of the block. */
  readonly time?: { readonly embedding: Value; readonly layer: WeightScope };
}

/** Residual block of x [n, c, h, w] to `out` channels: twice norm, silu, 3×3 convolution; then the shortcut is added. */
export function resnetBlock(x: Value, scopes: ResnetScopes, { out, epsilon, time }: ResnetSettings): Value {
  let h = convLayer(silu(groupNormLayer(x, scopes.norm1, epsilon)), scopes.conv1, out);
  if (time !== undefined) {
    const shift = linearLayer(time.embedding, time.layer, out);
    h = add(h, reshape(shift, [shift.shape[0]!, out, 1, 1]));
  }
  h = convLayer(silu(groupNormLayer(h, scopes.norm2, epsilon)), scopes.conv2, out);
  return add(x.shape[1] === out ? x : convLayer(x, scopes.shortcut, out, { size: 1 }), h);
}
