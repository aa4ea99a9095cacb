import type { Schedule } from '../schedule.ts';

const { fround } = Math;

/** Even steps of arctan σ: Sabour et al. 2024, "Align your steps", theorem 3.1. It ends at the lowest level, not at 0. */
export const klOptimal: Schedule = {
  name: 'kl_optimal',
  label: 'KL Optimal',
  sigmas({ steps, sigmaMin, sigmaMax }) {
    const [low, high] = [fround(Math.atan(sigmaMin)), fround(Math.atan(sigmaMax))];
    return Array.from({ length: steps + 1 }, (_, i) => {
      const share = fround(i / steps);
      return fround(Math.tan(fround(fround(share * low) + fround(fround(1 - share) * high))));
    });
  },
};
