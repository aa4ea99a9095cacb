import { betaQuantile } from '../beta-quantile.ts';
import type { Schedule } from '../schedule.ts';

/** Levels spread like a beta distribution, dense at both ends: Lee et al. 2024, "Beta sampling is all you need". */
export const beta: Schedule = {
  name: 'beta',
  label: 'Beta',
  sigmas({ steps, sigmaMin, sigmaMax, options }) {
    const levels = Array.from({ length: steps }, (_, i) => {
      const probability = steps === 1 ? 1 : 1 - i / (steps - 1);
      const share = betaQuantile(probability, options.betaDistAlpha, options.betaDistBeta);
      return Math.fround(sigmaMin + share * (sigmaMax - sigmaMin));
    });
    return [...levels, 0];
  },
};
