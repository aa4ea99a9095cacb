import { linspace } from '../linspace.ts';
import type { Schedule } from '../schedule.ts';

const { fround } = Math;

/** Steps of ln σ that follow a power ρ; even ones at ρ = 1. */
export const polyexponential: Schedule = {
  name: 'polyexponential',
  label: 'Polyexponential',
  rho: 1,
  sigmas({ steps, sigmaMin, sigmaMax, rho }) {
    const [low, high] = [Math.log(sigmaMin), Math.log(sigmaMax)];
    const levels = linspace(1, 0, steps).map((share) =>
      fround(Math.exp(fround(fround(fround(share ** rho) * fround(high - low)) + fround(low)))),
    );
    return [...levels, 0];
  },
};
