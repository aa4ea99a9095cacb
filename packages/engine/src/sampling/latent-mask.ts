/** Where a picture is painted anew. */
export interface LatentMask {
  /** The original's latent [n, c, h, w]. */
  readonly latent: Float32Array;
  /** 1 where the original stays, 0 where it is painted anew, [h, w]. */
  readonly keep: Float32Array;
}

/** Puts the original back where it stays: values · (1 - keep) + latent · keep. */
export function keepOriginal(values: Float32Array, { latent, keep }: LatentMask): Float32Array {
  return values.map((value, i) => {
    const share = keep[i % keep.length]!;
    return Math.fround(value * Math.fround(1 - share)) + Math.fround(latent[i]! * share);
  });
}
