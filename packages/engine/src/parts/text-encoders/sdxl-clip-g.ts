import type { ClipTextTraits } from './find-text-encoder.ts';

/** OpenCLIP-bigG as SDXL and its refiner have it: last layer but one without the final norm, and a pooled vector. */
export const sdxlClipG = (places: readonly string[]): ClipTextTraits => ({
  places,
  tokenizer: 'open-clip',
  activation: 'gelu',
  clipSkip: { usual: 2, follows: 'never' },
  normed: false,
  pooled: true,
});
