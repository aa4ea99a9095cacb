import { type AdaptedTensor, factorsOf } from './adapted-tensor.ts';
import { product } from './matrices.ts';

/**
 * How what adapters add gets into a network: `whole`, the tensor itself is another one; `factors`, the layer's result has added to it what two
 * small matrices make of the layer's input, which is the same for a sum of low-rank products.
 */
export type TensorForm = 'whole' | 'factors';

/**
 * How adapters get into networks. `beside`: wide layers have factors, which cost a little in every step. `merged`: all tensors are whole,
 * which costs nothing in a step, but much memory, and time before the first.
 */
export type Application = 'beside' | 'merged';

/** A tensor and how it gets into its network. */
export interface FormedTensor extends AdaptedTensor {
  readonly form: TensorForm;
}

/**
 * What a weight has to bring, in output times input size by their sum, for its adapters to be cheaper as factors in every step than
 * as a new weight before the first: wide layers have few places to work on.
 */
const WIDE = 450;

/** The form of a tensor: factors only where all changes have them. */
export function formOf({ part, entry, changes }: AdaptedTensor, application: Application): TensorForm {
  if (application === 'merged') return 'whole';
  const [out = 1, ...rest] = entry.shape;
  const within = product(rest);
  // A text encoder runs once or twice for a picture.
  const isWide = rest.length > 0 && (part !== 'denoiser' || (out * within) / (out + within) >= WIDE);
  return isWide && changes.every((change) => factorsOf(change, entry) !== undefined) ? 'factors' : 'whole';
}
