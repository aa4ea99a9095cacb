import { expect, it } from 'vitest';
import { tensor } from '../tensor/tensor.ts';
import { toPixels } from './pixels.ts';

it('clamps, scales and truncates as A1111 does', () => {
  const values = [-2, -1, -0.99, 0, 0.25, 0.996, 0.9999999, 1, 3];
  const data = Float32Array.from({ length: 27 }, (_, i) => values[i % 9]!);
  const [picture] = toPixels(tensor([1, 3, 3, 3], data));
  // Computed with numpy: (255. * np.clip((x + 1) / 2, 0, 1)).astype(np.uint8) for float32 x.
  const expected = [0, 0, 1, 127, 159, 254, 254, 255, 255];
  expect(picture).toMatchObject({ width: 3, height: 3, channels: 3 });
  expect(Array.from({ length: 9 }, (_, i) => [...picture!.data.subarray(3 * i, 3 * i + 3)])).toEqual(
    expected.map((v) => [v, v, v]),
  );
});

it('puts the planes of each picture of a batch side by side', () => {
  const data = Float32Array.from({ length: 2 * 3 * 2 }, (_, i) => (2 * i) / 255 - 1 + 1 / 255);
  expect(toPixels(tensor([2, 3, 1, 2], data)).map(({ data: rgb }) => [...rgb])).toEqual([
    [0, 2, 4, 1, 3, 5],
    [6, 8, 10, 7, 9, 11],
  ]);
});

it('names a picture that is not a number instead of saving it black', () => {
  const data = new Float32Array(2 * 3 * 4);
  data[12 + 7] = NaN;
  data[12 + 8] = Infinity;
  expect(() => toPixels(tensor([2, 3, 2, 2], data))).toThrow(
    'decoded picture 2: expected finite values, found 1 NaN and 1 infinite values of 12, the first at row 1, column 1.',
  );
  expect(() => toPixels(tensor([3, 2, 2], new Float32Array(12)))).toThrow('shape [batch, 3, height, width]');
});
