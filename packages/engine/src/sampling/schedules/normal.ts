import { linspace } from '../linspace.ts';
import type { Schedule } from '../schedule.ts';

/** Even steps of the model's time over the range of noise levels asked for. */
export const normal: Schedule = {
  name: 'normal',
  label: 'Normal',
  sigmas({ steps, sigmaMin, sigmaMax, table }) {
    const times = linspace(table.timeOf(sigmaMax), table.timeOf(sigmaMin), steps);
    return [...times.map(table.sigmaOf), 0];
  },
};
