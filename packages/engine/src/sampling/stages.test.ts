import { describe, expect, it } from 'vitest';
import type { GuidedModel } from './guidance/guided-model.ts';
import { eps } from './predictions/eps.ts';
import { createSigmaTable } from './sigma-table.ts';
import { type Stage, Stages, shareAtSigma, shareAtTime } from './stages.ts';

const table = createSigmaTable();
const stage = (): Stage => ({
  model: { predict: async (x) => Promise.resolve(x), prediction: eps },
  table,
  guided: {} as GuidedModel,
});

describe('the share of the noise that is gone', () => {
  it('is counted in trained steps from the noisiest, as in A1111', () => {
    expect(shareAtSigma(table.sigmas[999]!)(table)).toBe(0);
    expect(shareAtSigma(100)(table)).toBe(0);
    expect(shareAtSigma(table.sigmas[399]!)(table)).toBe(0.6);
    expect(shareAtSigma(table.sigmas[0]!)(table)).toBe(0.999);
    expect(shareAtTime(799.9)()).toBe(0.2);
  });
});

describe('Stages', () => {
  it('GEN-13: hand over at the share that is asked for, and not back', () => {
    const [first, last] = [stage(), stage()];
    const stages = new Stages(first, { calls: 0 }, { stage: last, switchAt: 0.6, bySteps: false, totalSteps: 10 });
    expect(stages.at(() => 0.599)).toBe(first);
    expect(stages.hasSwitched).toBe(false);
    expect(stages.at(() => 0.6)).toBe(last);
    expect(stages.hasSwitched).toBe(true);
    expect(stages.at(() => 0)).toBe(last);
  });

  it('count calls instead of noise where that is asked for', () => {
    const [first, last] = [stage(), stage()];
    const count = { calls: 0 };
    const stages = new Stages(first, count, { stage: last, switchAt: 0.5, bySteps: true, totalSteps: 4 });
    expect(stages.at(() => 1)).toBe(first);
    count.calls = 1;
    expect(stages.at(() => 1)).toBe(first);
    count.calls = 2;
    expect(stages.at(() => 0)).toBe(last);
  });

  it('stay with the only one', () => {
    const only = stage();
    const stages = new Stages(only, { calls: 9 });
    expect(stages.at(() => 1)).toBe(only);
    expect(stages.hasSwitched).toBe(false);
  });
});
