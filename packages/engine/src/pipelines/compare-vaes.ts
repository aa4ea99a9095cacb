import { type Pixels, toPixels } from '../image/pixels.ts';
import { sideBySide } from '../image/side-by-side.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Model } from './model.ts';

/** One latent as several VAEs decode it. */
export interface VaeComparison {
  /** In the order of the VAEs. */
  readonly pictures: readonly Pixels[];
  readonly sideBySide: Pixels;
}

/**
 * Decodes a kept latent [1, c, h, w] with several VAEs, to see what each does to the colours.
 * @param decoders as `Model.decode`: of models that share everything but their VAE.
 * @throws not-a-number when one of them overflows.
 */
export async function compareVaes(latent: Tensor, decoders: readonly Model['decode'][]): Promise<VaeComparison> {
  const pictures: Pixels[] = [];
  // One after another: a decoder's memory is the peak of a run.
  for (const decode of decoders) pictures.push(...toPixels(await decode(latent)));
  return { pictures, sideBySide: sideBySide(pictures) };
}
