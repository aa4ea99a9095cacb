import { describe, expect, it } from 'vitest';
import { SpeedMeter } from './speed-meter.ts';

describe('the speed of a transfer', () => {
  it('is that of the last seconds, and tells the time left', () => {
    const meter = new SpeedMeter(0);
    for (let second = 1; second <= 20; second++) meter.add(second <= 10 ? 1e6 : 2e6, second * 1000);
    const { bytesPerSecond, secondsLeft } = meter.progress(30e6, 40e6, 20_000);
    expect(bytesPerSecond).toBe(2e6);
    expect(secondsLeft).toBe(5);
  });

  it('falls when nothing comes', () => {
    const meter = new SpeedMeter(0);
    meter.add(1e6, 1000);
    expect(meter.progress(1e6, 2e6, 1000).bytesPerSecond).toBe(1e6);
    expect(meter.progress(1e6, 2e6, 4000).bytesPerSecond).toBe(250_000);
  });

  it('is 0 at first, and the time left unknown', () => {
    expect(new SpeedMeter(5).progress(0, 9, 5)).toEqual({ doneBytes: 0, totalBytes: 9, bytesPerSecond: 0 });
    expect(new SpeedMeter(5).progress(0, undefined, 5)).toEqual({ doneBytes: 0, bytesPerSecond: 0 });
  });
});
