import { combine } from '../arithmetic.ts';
import type { Prediction } from '../prediction.ts';

/** The noise itself: Ho et al. 2020; SD 1.x and SDXL. */
export const eps: Prediction = {
  name: 'eps',
  denoised: (x, result, sigma) => combine([1, x], [-sigma, result]),
  eps: (_, result) => result,
};
