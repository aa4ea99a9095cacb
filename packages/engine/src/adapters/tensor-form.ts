import { type AdaptedTensor, factorsOf } from './adapted-tensor.ts';
import { product } from './matrices.ts';

/**
 * How what adapters add gets into a network. `beside`: the layer's result has added to it what two small matrices make of the layer's input,
 * which is the same for a sum of low-rank products. `within`: the product of the two is added to the weight in every run. `whole`: another
 * tensor is fed in the place of the weight, for what is no such product.
 */
export type TensorForm = 'beside' | 'within' | 'whole';

/** A tensor and how it gets into its network. */
export interface FormedTensor extends AdaptedTensor {
  readonly form: TensorForm;
}

/**
 * What a weight has to bring, in output times input size by their sum, for its adapters to be cheaper beside it than within: by rank, the one
 * takes (output + input) products for each place, the other output · input. The widest layers of SD 1.5 work on 512 places at 512×512.
 */
const WIDE = 600;

/** The form of a tensor. */
export function formOf({ part, entry, changes }: AdaptedTensor): TensorForm {
  const [out = 1, ...rest] = entry.shape;
  const areProducts = rest.length > 0 && changes.every((change) => factorsOf(change, entry) !== undefined);
  if (!areProducts) return 'whole';
  const within = product(rest);
  // A text encoder has few places, too.
  return part !== 'denoiser' || (out * within) / (out + within) >= WIDE ? 'beside' : 'within';
}
