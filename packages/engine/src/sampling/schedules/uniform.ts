import { linspace } from '../linspace.ts';
import type { Schedule } from '../schedule.ts';

/** Even steps of the model's time, whatever the range of noise levels asked for. */
export const uniform: Schedule = {
  name: 'uniform',
  label: 'Uniform',
  sigmas({ steps, table }) {
    const [lowest, highest] = table.timeRange;
    return [...linspace(highest, lowest, steps).map(table.sigmaOf), 0];
  },
};
