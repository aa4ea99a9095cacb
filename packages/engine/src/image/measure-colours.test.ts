import { expect, it } from 'vitest';
import { createCanvas } from './canvas.ts';
import { isWashedOut, measureColours } from './measure-colours.ts';
import type { Pixels } from './pixels.ts';

/** A hundred pixels, each as `colour` says. */
const picture = (colour: (i: number) => readonly number[]): Pixels => ({
  width: 100,
  height: 1,
  channels: 3,
  data: Uint8Array.from(Array.from({ length: 100 }, (_, i) => colour(i)).flat()),
});

it('CK-03: colourfulness is that of its inventors, by hand', () => {
  expect(measureColours(createCanvas(4, 4, 90))).toEqual({ colourfulness: 0, contrast: 0 });
  // Half red, half blue: red against green is 255 and 0, yellow against blue 127.5 and −255.
  const { colourfulness, contrast } = measureColours(picture((i) => (i % 2 === 0 ? [255, 0, 0] : [0, 0, 255])));
  expect(colourfulness).toBeCloseTo(Math.hypot(127.5, 191.25) + 0.3 * Math.hypot(127.5, 63.75), 1);
  expect(contrast).toBeCloseTo((0.299 - 0.114) / 2, 5);
});

it('CK-03: pale and flat together are washed out; ink on paper and plain colours are not', () => {
  const washed = picture((i) => [120 + (i % 20), 122 + (i % 20), 126 + (i % 20)]);
  const ink = picture((i) => (i % 3 === 0 ? [20, 20, 20] : [240, 238, 232]));
  const plain = picture((i) => [200, 60 + (i % 10), 40]);
  expect([washed, ink, plain].map((each) => isWashedOut(measureColours(each)))).toEqual([true, false, false]);
});
