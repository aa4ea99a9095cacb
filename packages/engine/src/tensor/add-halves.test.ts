import { expect, it } from 'vitest';
import { ADD_HALVES_LIMIT, makeAddHalves } from './add-halves.ts';
import { halfToNumber } from './dtype.ts';
import { encodeFloat32 } from './encode.ts';

const add = makeAddHalves()!;

/** The half nearest to a float32. */
const nearest = (values: Float32Array): Uint16Array => new Uint16Array(encodeFloat32(values, 'F16').bytes.buffer);

/** The same sum by the slow way: each product and the sum rounded to float32, then to a half. */
function slowly(left: Uint16Array, right: Uint16Array, [x, y]: readonly [number, number]): Uint16Array {
  const times = (codes: Uint16Array, factor: number): Float32Array =>
    Float32Array.from(nearest(Float32Array.from(codes, (code) => halfToNumber(code) * factor)), halfToNumber);
  const [a, b] = [times(left, x), times(right, y)];
  return nearest(a.map((value, i) => value + b[i]!));
}

/** Every finite code once, in an order that pairs it with others. */
const finite = Uint16Array.from({ length: 65_536 }, (_, i) => i).filter((code) => (code & 0x7c00) !== 0x7c00);
const shuffled = (seed: number, mask: number): Uint16Array =>
  finite.map((_, i) => finite[(Math.imul(i + seed, 40_503) >>> 0) % finite.length]! & mask);

it.each([
  [0.7, 0.3],
  [1, -1],
  [0.5, 0.5],
  [0.001, 1],
  [0, -1],
] as const)('agrees with the slow way for every half: %f and %f', (x, y) => {
  const factors = [Math.fround(x), Math.fround(y)] as const;
  // Magnitudes below 2, so that no sum is beyond the range; and small ones, whose unit is that of the smallest.
  for (const mask of [0xbfff, 0x8fff, 0x83ff]) {
    for (let at = 0; at < finite.length; at += ADD_HALVES_LIMIT) {
      const left = finite.map((code) => code & 0xbfff).subarray(at, at + ADD_HALVES_LIMIT);
      const right = shuffled(at + mask, mask).subarray(at, at + ADD_HALVES_LIMIT);
      const out = new Uint16Array(left.length);
      expect(add(left, right, factors, out, left.length)).toBe(true);
      expect(Buffer.compare(new Uint8Array(out.buffer), new Uint8Array(slowly(left, right, factors).buffer))).toBe(0);
    }
  }
});

it('says when something is not finite, and only then', () => {
  const row = (...values: number[]): Uint16Array => nearest(Float32Array.from(values));
  const out = new Uint16Array(3);
  const sums = (left: Uint16Array, right: Uint16Array): boolean => add(left, right, [1, 1], out, 3);
  expect(sums(row(1, 2, 3), row(1, 2, 65_504))).toBe(true);
  for (const odd of [NaN, Infinity, -Infinity]) {
    expect(sums(row(1, 2, odd), row(1, 2, 3))).toBe(false);
    expect(sums(row(1, 2, 3), row(odd, 2, 3))).toBe(false);
  }
  expect(sums(row(1, 60_000, 3), row(1, 60_000, 3))).toBe(false);
  // What stands behind the end from before does not count.
  expect(add(row(1, 2), row(1, 2), [1, 1], out, 2)).toBe(true);
});
