import { DanqingError } from '../errors.ts';
import type { Pixels } from './pixels.ts';

/**
 * Pictures of one height in a row, white between them, without opacity.
 * @throws bad-shape when their heights differ.
 */
export function sideBySide(pictures: readonly Pixels[], gapPixels = 8): Pixels {
  const height = pictures[0]?.height ?? 0;
  const other = pictures.find((picture) => picture.height !== height);
  if (other !== undefined) {
    throw new DanqingError('bad-shape', {
      where: 'pictures side by side',
      expected: `pictures of one height, ${height} pixels`,
      found: `one of ${other.height}`,
    });
  }
  const gaps = Math.max(0, pictures.length - 1) * gapPixels;
  const width = pictures.reduce((sum, picture) => sum + picture.width, gaps);
  const data = new Uint8Array(3 * width * height).fill(255);
  let left = 0;
  for (const { width: own, channels, data: from } of pictures) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < own; column++) {
        const at = 3 * (row * width + left + column);
        const source = channels * (row * own + column);
        data.set(from.subarray(source, source + 3), at);
      }
    }
    left += own + gapPixels;
  }
  return { width, height, channels: 3, data };
}
