import type { Phase } from '@danqing/contract/worker-messages';
import { describe, expect, it } from 'vitest';
import { type PlannedWork, Progress } from './progress.ts';

/** What really happened: the seconds that each unit of each planned stretch took; an empty list: it was not needed. */
type Trace = readonly (readonly number[])[];

/** Largest relative error of the time left over all unit ends between a tenth and seven tenths of the run, from the second step on. */
function worstError(plan: readonly PlannedWork[], trace: Trace): number {
  const totalMs = trace.flat().reduce((a, b) => a + b, 0) * 1000;
  let nowMs = 5_000_000;
  const endMs = nowMs + totalMs;
  const progress = new Progress(plan, nowMs);
  let worst = 0;
  let stepsDone = 0;
  trace.forEach((units, i) => {
    if (units.length === 0) return;
    progress.begin(plan[i]!.phase, nowMs);
    for (const seconds of units) {
      nowMs += seconds * 1000;
      progress.finishUnit(nowMs);
      if (plan[i]!.phase === 'sample') stepsDone++;
      const done = 1 - (endMs - nowMs) / totalMs;
      if (done < 0.1 || done > 0.7) continue;
      const left = progress.secondsLeft(nowMs);
      if (left === undefined && stepsDone < 2) continue;
      worst = Math.max(worst, left === undefined ? Infinity : Math.abs(left / ((endMs - nowMs) / 1000) - 1));
    }
  });
  return worst;
}

const once = (phase: Phase, seconds: number): PlannedWork => ({ phase, unitSeconds: [seconds] });
const sampling = (steps: number, seconds: number): PlannedWork => ({
  phase: 'sample',
  unitSeconds: Array.from({ length: steps }, () => seconds),
});

/** A full-size picture as planned on another machine, half as fast as the one it then runs on. */
const plan = [
  once('open text encoder', 0.4),
  once('encode prompt', 0.6),
  once('open denoiser', 1),
  sampling(20, 8),
  once('open VAE', 0.4),
  once('decode', 11),
];

const steps = (count: number, seconds: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => seconds(i));

describe('Progress', () => {
  it('is right to the digit when everything goes as planned, at another speed', () => {
    expect(worstError(plan, [[0.2], [0.3], [0.5], steps(20, () => 4), [0.2], [5.5]])).toBeLessThan(1e-9);
  });

  it.each<[what: string, trace: Trace]>([
    ['a slow first step', [[2], [0.3], [4.5], steps(20, (i) => (i === 0 ? 4.8 : 4)), [0.5], [5.6]]],
    ['a machine that slows down by a quarter', [[0.2], [0.3], [3], steps(20, (i) => 4 + i / 20), [0.2], [7]]],
    ['a machine that becomes faster', [[0.2], [0.3], [3], steps(20, (i) => 5 - i / 20), [0.2], [5.6]]],
    ['steps that vary by a tenth', [[0.2], [0.3], [0.5], steps(20, (i) => 4 + 0.4 * Math.sin(7 * i)), [0.2], [5.6]]],
    ['one step that hangs', [[0.2], [0.3], [0.5], steps(20, (i) => (i === 9 ? 9 : 4)), [0.2], [5.6]]],
    ['parts that are known already', [[], [], [], steps(20, () => 4), [], [5.6]]],
    ['a decoder that was planned a third too cheap', [[0.2], [0.3], [0.5], steps(20, () => 4), [0.2], [8.2]]],
  ])('is within a fifth after a tenth of the run: %s', (_, trace) => {
    expect(worstError(plan, trace)).toBeLessThan(0.2);
  });

  it('forgets a first step that takes twice as long as soon as there is a second', () => {
    const many = [sampling(40, 8), once('decode', 11)];
    expect(worstError(many, [steps(40, (i) => (i === 0 ? 8 : 4)), [5.5]])).toBeLessThan(0.01);
  });

  it('weighs steps that evaluate the model twice', () => {
    const heun = [{ phase: 'sample' as const, unitSeconds: [...steps(9, () => 2), 1] }, once('decode', 1.4)];
    expect(worstError(heun, [[...steps(9, () => 8), 4], [5.6]])).toBeLessThan(1e-9);
  });

  it('counts all batches and learns from the first how long decoding takes', () => {
    const batches = [1, 2, 3, 4].flatMap(() => [sampling(10, 1), once('decode', 1)]);
    const trace = batches.map(({ phase }) => (phase === 'sample' ? steps(10, () => 4) : [6]));
    expect(worstError(batches, trace)).toBeLessThan(0.1);
  });

  it('does not take a first step that takes ten times as long for the speed', () => {
    const starter = [once('open denoiser', 1), sampling(20, 1), once('decode', 1)];
    expect(worstError(starter, [[2], [1, ...steps(19, () => 0.1)], [0.1]])).toBeLessThan(0.2);
  });

  it('says nothing before the steps have shown the speed', () => {
    const progress = new Progress(plan, 0);
    expect(progress.secondsLeft(0)).toBeUndefined();
    progress.begin('open denoiser', 0);
    progress.finishUnit(500);
    progress.begin('sample', 500);
    expect(progress.secondsLeft(600)).toBeUndefined();
    progress.finishUnit(9500);
    expect(progress.secondsLeft(9500)).toBeUndefined();
    progress.finishUnit(13_500);
    expect(progress.secondsLeft(13_500)).toBeCloseTo(18 * 4 + 0.2 + 5.5, 6);
  });

  it('waits for the second of quick steps, also where the first is a tenth of the run', () => {
    const progress = new Progress([sampling(8, 1)], 0);
    progress.begin('sample', 0);
    progress.finishUnit(2400);
    expect(progress.secondsLeft(2400)).toBeUndefined();
    progress.finishUnit(2600);
    expect(progress.secondsLeft(2600)).toBeCloseTo(6 * 0.2, 6);
  });

  it('counts down within a step, never below zero, and leaves pauses out', () => {
    const progress = new Progress([sampling(3, 1)], 0);
    progress.begin('sample', 0);
    progress.finishUnit(4000);
    expect(progress.secondsLeft(5000)).toBeCloseTo(7, 6);
    progress.exclude(60_000);
    expect(progress.secondsLeft(65_000)).toBeCloseTo(7, 6);
    progress.finishUnit(68_000);
    expect(progress.secondsLeft(68_000)).toBeCloseTo(4, 6);
    expect(progress.secondsLeft(99_000)).toBe(0);
  });
});
