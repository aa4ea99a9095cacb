import { describe, expect, it } from 'vitest';
import { slerpColumns } from './slerp.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

describe('slerpColumns', () => {
  it('goes along the arc, for each column by itself', () => {
    // Two columns of two rows: a right angle, and an angle of 45°.
    const half = slerpColumns(of(1, 1, 0, 0), of(0, 1, 1, 1), 0.5, 2);
    const diagonal = Math.SQRT1_2;
    const share = Math.sin(Math.PI / 8) / Math.sin(Math.PI / 4);
    expect([...half]).toEqual([diagonal, 2 * share, diagonal, share].map((value) => expect.closeTo(value, 6)));
  });

  it('ends where it should, and turns away below 0', () => {
    const [from, to] = [of(3, 4), of(-1, 2)];
    expect([...slerpColumns(from, to, 0, 2)]).toEqual([3, 4]);
    expect([...slerpColumns(from, to, 1, 2)]).toEqual([-1, 2]);
    const [x] = slerpColumns(of(1, 0), of(0, 1), -1 / 3, 2);
    expect(slerpColumns(of(1, 0), of(0, 1), -1 / 3, 2)[1]).toBeCloseTo(-0.5, 6);
    expect(x).toBeCloseTo(Math.cos(Math.PI / 6), 6);
  });

  it('goes straight where there is no angle', () => {
    expect([...slerpColumns(of(2, 0), of(4, 0), 0.5, 2)]).toEqual([3, 0]);
    expect([...slerpColumns(of(0, 0), of(4, 2), 0.5, 2)]).toEqual([2, 1]);
    expect([...slerpColumns(of(1, 0), of(-1, 0), 0.25, 2)]).toEqual([0.5, 0]);
  });
});
