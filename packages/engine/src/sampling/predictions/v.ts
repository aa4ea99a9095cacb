import { combine } from '../arithmetic.ts';
import type { Prediction } from '../prediction.ts';

/** Velocity √ᾱ · noise - √(1-ᾱ) · picture: Salimans and Ho 2022; SD 2.x at 768 pixels. */
export const v: Prediction = {
  name: 'v',
  denoised: (x, result, sigma) => combine([-sigma / Math.sqrt(sigma ** 2 + 1), result], [1 / (sigma ** 2 + 1), x]),
  eps: (x, result, alpha) => combine([Math.sqrt(alpha), result], [Math.sqrt(1 - alpha), x]),
};
