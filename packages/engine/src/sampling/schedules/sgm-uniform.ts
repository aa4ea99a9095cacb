import { linspace } from '../linspace.ts';
import type { Schedule } from '../schedule.ts';

/** Even steps of the model's time that leave the lowest level out, as in Stability AI's generative-models. */
export const sgmUniform: Schedule = {
  name: 'sgm_uniform',
  label: 'SGM Uniform',
  aliases: ['SGMUniform'],
  sigmas({ steps, sigmaMin, sigmaMax, table }) {
    const times = linspace(table.timeOf(sigmaMax), table.timeOf(sigmaMin), steps + 1).slice(0, -1);
    return [...times.map(table.sigmaOf), 0];
  },
};
