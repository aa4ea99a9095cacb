import { expect, it } from 'vitest';
import { createCanvas } from '../image/canvas.ts';
import type { Pixels } from '../image/pixels.ts';
import { GridPicture } from './compose-grid.ts';

const at = ({ width, data }: Pixels, x: number, y: number): number => data[3 * (y * width + x)]!;

/** A picture whose grey tells which it is. */
const cell = (grey: number): Pixels => createCanvas(10, 8, grey);

it('GEN-04: every picture stands in its column, row and layer, the labels beside them', () => {
  const label = (grey: number) => createCanvas(6, 4, grey);
  const labels = { columns: [label(1), label(2)], rows: [label(3), label(4)], layers: [label(5), label(6)] };
  const grid = new GridPicture(labels, cell(0));
  for (let i = 0; i < 8; i++) grid.put([i & 1, (i >> 1) & 1, i >> 2], cell(100 + i));
  const { pixels } = grid;
  // Two layers of a band of labels (6 and a margin of 12 on both sides) and two columns; above them two bands of 4 and the same margins.
  expect([pixels.width, pixels.height]).toEqual([2 * (30 + 24) + 4, 56 + 8 + 4 + 8]);
  for (let i = 0; i < 8; i++) {
    const [x, y, z] = [i & 1, (i >> 1) & 1, i >> 2];
    const [left, top] = [z * 58 + 30 + x * 14, 56 + y * 12];
    expect(at(pixels, left, top)).toBe(100 + i);
    expect(at(pixels, left + 9, top + 7)).toBe(100 + i);
  }
  // White between them.
  expect(at(pixels, 30 + 10, 56)).toBe(255);
  expect([at(pixels, 30 + 2, 28 + 12), at(pixels, 44 + 2, 28 + 12)]).toEqual([1, 2]);
  expect([at(pixels, 12, 56 + 2), at(pixels, 12, 68 + 2)]).toEqual([3, 4]);
  expect([at(pixels, 30 + 9, 12), at(pixels, 58 + 30 + 9, 12)]).toEqual([5, 6]);
});

it('has no room for labels that are not there, and puts a smaller picture in the middle', () => {
  const grid = new GridPicture({ columns: [undefined], rows: [undefined], layers: [undefined] }, cell(0));
  expect([grid.pixels.width, grid.pixels.height]).toEqual([10, 8]);
  grid.put([0, 0, 0], createCanvas(4, 4, 7));
  expect([at(grid.pixels, 2, 2), at(grid.pixels, 3, 2), at(grid.pixels, 6, 5), at(grid.pixels, 7, 5)]).toEqual([
    255, 7, 7, 255,
  ]);
});
