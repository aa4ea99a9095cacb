import type { Schedule } from '../schedule.ts';

const PUBLISHED = {
  sd: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
  sdxl: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029],
} as const;

/** Ten optimised steps, with other counts straight between their logarithms: Sabour et al. 2024, "Align your steps". */
export const alignYourSteps: Schedule = {
  name: 'align_your_steps',
  label: 'Align Your Steps',
  sigmas({ steps, table }) {
    const published = PUBLISHED[table.alignedFor];
    if (steps === published.length) return [...published.map(Math.fround), 0];
    const logs = published.map(Math.log);
    const levels = Array.from({ length: steps }, (_, i) => {
      // Counted from the low end, so that a single step is the lowest level, as in the published rule.
      const place = steps === 1 ? logs.length - 1 : (i / (steps - 1)) * (logs.length - 1);
      const lower = Math.min(Math.floor(place), logs.length - 2);
      return Math.fround(Math.exp(logs[lower]! + (place - lower) * (logs[lower + 1]! - logs[lower]!)));
    });
    return [...levels, 0];
  },
};
