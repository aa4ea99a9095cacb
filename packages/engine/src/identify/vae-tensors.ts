import { tensorsBelow } from '../weights/evidence.ts';
import { klInside } from '../weights/keys/inside.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';

/** A tensor of a VAE under the name that it has in a file of its own. */
export interface VaeTensor {
  readonly name: string;
  readonly entry: TensorEntry;
}

/** Halves of a VAE and what stands between them; discriminators and losses of its training are none of it. */
const OWN = /^(?:encoder|decoder|quant_conv|post_quant_conv)\./;

/**
 * The tensors of the VAE in a checkpoint or in a file of its own, in the order of their names: what two VAEs are compared by. Empty
 * where there is none under the names of its authors.
 */
export function vaeTensors(index: TensorIndex): readonly VaeTensor[] {
  for (const path of [...klInside.map((inside) => `${inside}.`), 'vae.', '']) {
    const own = tensorsBelow(index, path)
      .map((entry) => ({ name: entry.name.slice(path.length), entry }))
      .filter(({ name }) => OWN.test(name));
    if (own.some(({ name }) => name.startsWith('decoder.up.'))) return own;
  }
  return [];
}

/** Names, types and shapes of a VAE's tensors as one text: VAEs whose outlines differ are not the same. */
export const vaeOutline = (tensors: readonly VaeTensor[]): string =>
  tensors.map(({ name, entry }) => `${name} ${entry.dtype} ${entry.shape.join('x')}`).join('\n');
