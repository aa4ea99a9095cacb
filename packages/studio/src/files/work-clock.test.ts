import { expect, it } from 'vitest';
import { WorkClock } from './work-clock.ts';

const SPEED = 100;

it('tells the time left from the speed of the last seconds', () => {
  const clock = new WorkClock(0);
  expect(clock.progress('write', 50, 10_000, 500)).toEqual({ phase: 'write', doneBytes: 50, totalBytes: 10_000 });
  expect(clock.progress('write', SPEED, 10_000, 1000).secondsLeft).toBeCloseTo(99);
  for (let second = 2; second <= 20; second++) clock.progress('write', SPEED * second, 10_000, second * 1000);
  // Half as fast from here on: after the window nothing else counts.
  for (let second = 21; second <= 40; second++)
    clock.progress('write', 2000 + (SPEED / 2) * (second - 20), 10_000, second * 1000);
  expect(clock.progress('write', 3050, 10_000, 41_000).secondsLeft).toBeCloseTo((10_000 - 3050) / 50, 0);
});

it('does not take one slow step for all of them', () => {
  const clock = new WorkClock(0);
  let atMs = 0;
  let left: number | undefined;
  // Every other step takes 30 s, the others 2 s: 16 s each.
  for (let step = 1; step <= 20; step++)
    left = clock.progress('write', step, 100, (atMs += step % 2 ? 30_000 : 2000)).secondsLeft;
  expect(Math.abs(left! / (80 * 16) - 1)).toBeLessThan(0.1);
});

it('says nothing while nothing moves', () => {
  const clock = new WorkClock(0);
  expect(clock.progress('hash', 0, 100, 5000).secondsLeft).toBeUndefined();
});
