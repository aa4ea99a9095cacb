import { multiplyDims, type Dim } from '../graph/dim.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { transpose } from '../graph/ops/transpose.ts';
import type { Value } from '../graph/value.ts';

/** Places of a picture as a row of tokens: [n, c, h, w] → [n, h·w, c]. */
export function toTokens(x: Value): Value {
  const [n, channels, height, width] = x.shape as readonly [Dim, Dim, Dim, Dim];
  return transpose(reshape(x, [n, channels, multiplyDims(height, width)]), [0, 2, 1]);
}

/** Tokens back in their places: [n, h·w, c] → [n, c, h, w], h and w those of `like`. */
export function fromTokens(tokens: Value, like: Value): Value {
  const [n, , channels] = tokens.shape as readonly [Dim, Dim, Dim];
  return reshape(transpose(tokens, [0, 2, 1]), [n, channels, ...like.shape.slice(2)]);
}
