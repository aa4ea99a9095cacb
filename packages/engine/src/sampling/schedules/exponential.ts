import { linspace } from '../linspace.ts';
import type { Schedule } from '../schedule.ts';

/** Even steps of ln σ. */
export const exponential: Schedule = {
  name: 'exponential',
  label: 'Exponential',
  sigmas({ steps, sigmaMin, sigmaMax }) {
    const logs = linspace(Math.log(sigmaMax), Math.log(sigmaMin), steps);
    return [...logs.map((log) => Math.fround(Math.exp(log))), 0];
  },
};
