import type { Pixels } from '../../image/pixels.ts';
import { resizeBicubic } from '../../image/resize-bicubic.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { CLIP_DEVIATION, CLIP_MEAN } from './clip.ts';

/**
 * A picture as CLIP looks at it, [1, 3, side, side], as transformers' CLIPImageProcessor has it: its shorter side becomes `side`, the
 * middle is cut out, colours are normalised. Opacity is passed over.
 */
export function clipPicture(pixels: Pixels, side: number): Tensor {
  const { width, height } = pixels;
  const long = (length: number, short: number): number => Math.trunc((side * length) / short);
  const resized =
    width <= height
      ? resizeBicubic(pixels, side, long(height, width))
      : resizeBicubic(pixels, long(width, height), side);
  const [left, top] = [Math.floor((resized.width - side) / 2), Math.floor((resized.height - side) / 2)];
  const data = new Float32Array(3 * side * side);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const value = resized.data[((top + y) * resized.width + left + x) * resized.channels + channel]! / 255;
        data[(channel * side + y) * side + x] = (value - CLIP_MEAN[channel]!) / CLIP_DEVIATION[channel]!;
      }
    }
  }
  return { shape: [1, 3, side, side], data };
}
