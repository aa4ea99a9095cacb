import type { Schedule } from '../schedule.ts';

/** Trained levels at even distances from the highest, rounded down. */
export const simple: Schedule = {
  name: 'simple',
  label: 'Simple',
  sigmas({ steps, table: { sigmas } }) {
    const stride = sigmas.length / steps;
    const levels = Array.from({ length: steps }, (_, i) => sigmas[sigmas.length - 1 - Math.floor(i * stride)]!);
    return [...levels, 0];
  },
};
