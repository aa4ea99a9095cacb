import type { TensorIndex } from '../weights/tensor-index.ts';
import type { BlockWeights } from './block-weights.ts';

/** How models are put together; A, B and C as A1111 calls them. */
export type Interpolation =
  /** A as it is. */
  | { readonly mode: 'none'; readonly models: readonly [TensorIndex] }
  /** (1 − M)·A + M·B. */
  | {
      readonly mode: 'weighted-sum';
      readonly models: readonly [TensorIndex, TensorIndex];
      readonly multiplier: number;
      readonly blocks?: BlockWeights;
    }
  /** A + M·(B − C). */
  | {
      readonly mode: 'add-difference';
      readonly models: readonly [TensorIndex, TensorIndex, TensorIndex];
      readonly multiplier: number;
      readonly blocks?: BlockWeights;
    }
  /** w₁·A + w₂·B + w₃·C … */
  | { readonly mode: 'sum'; readonly models: readonly TensorIndex[]; readonly weights: readonly number[] };

/** How a merged model is made and saved. */
export interface MergeChoices {
  readonly interpolation: Interpolation;
  /** Store what is float32 afterwards as F16, as A1111's "save as float16" does. */
  readonly half?: boolean;
  /** A VAE in the place of A's. */
  readonly vae?: TensorIndex;
  /** Tensors whose names fit are left out. */
  readonly discard?: RegExp;
}
