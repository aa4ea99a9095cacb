import type { Schedule } from '../schedule.ts';

/** Trained levels from the second one on, a whole stride apart; there may be more of them than steps asked for. */
export const ddim: Schedule = {
  name: 'ddim',
  label: 'DDIM',
  sigmas({ steps, table: { sigmas } }) {
    const stride = Math.max(Math.floor(sigmas.length / steps), 1);
    const levels = sigmas.filter((_, i) => i >= 1 && (i - 1) % stride === 0);
    return [...levels.reverse(), 0];
  },
};
