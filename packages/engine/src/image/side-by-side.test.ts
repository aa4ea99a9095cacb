import { describe, expect, it } from 'vitest';
import type { Pixels } from './pixels.ts';
import { sideBySide } from './side-by-side.ts';

const picture = (width: number, height: number, value: number, channels: 3 | 4 = 3): Pixels => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels).fill(value),
});

describe('sideBySide', () => {
  it('puts pictures in a row, white between them', () => {
    const { width, height, channels, data } = sideBySide([picture(1, 2, 10), picture(2, 2, 20, 4)], 1);
    expect([width, height, channels]).toEqual([4, 2, 3]);
    const row = [10, 10, 10, 255, 255, 255, 20, 20, 20, 20, 20, 20];
    expect([...data]).toEqual([...row, ...row]);
  });

  it('refuses pictures of other heights', () => {
    expect(() => sideBySide([picture(1, 2, 0), picture(1, 3, 0)])).toThrow('of one height, 2 pixels, found one of 3.');
  });
});
