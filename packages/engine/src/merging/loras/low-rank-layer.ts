import type { Value } from '../../graph/value.ts';

/** A layer whose change is to become a product of low rank. */
export interface LowRankLayer {
  /** As kohya's scripts call it. */
  readonly name: string;
  /** Kernel of a convolution; empty for a linear layer. */
  readonly kernel: readonly number[];
  /** [out, within], what the layer's weight changes by but for `scale`. */
  readonly matrix: Value;
  /** What the product is multiplied with when it is applied: alpha is that much for each rank. */
  readonly scale: number;
}

/** Whether a layer has a rank of its own in convolutions that see more than one place. */
export const isConvolution = ({ kernel }: Pick<LowRankLayer, 'kernel'>): boolean => kernel.some((size) => size > 1);
