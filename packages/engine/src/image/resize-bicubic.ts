import type { Pixels } from './pixels.ts';

/** Keys' cubic with a = −1/2, which reaches over two pixels to either side. */
const REACH = 2;
const A = -0.5;

/** Weights are whole numbers of this fraction, as in Pillow: its results come out to the bit. */
const UNIT = 2 ** 22;

/**
 * Resizes a picture as Pillow does with BICUBIC (its `Resample.c`), rows first, then columns, each rounded to 8 bits; when it
 * shrinks, the filter widens with it, so that nothing is skipped.
 */
export function resizeBicubic(pixels: Pixels, width: number, height: number): Pixels {
  const across = width === pixels.width ? pixels : resizeRows(pixels, width);
  if (height === pixels.height) return across;
  return transpose(resizeRows(transpose(across), height));
}

function resizeRows({ width: from, height, channels, data }: Pixels, to: number): Pixels {
  const windows = Array.from({ length: to }, (_, at) => windowOf(at, from, to));
  const result = new Uint8Array(to * height * channels);
  let place = 0;
  for (let row = 0; row < height; row++) {
    for (const { start, weights } of windows) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = UNIT / 2;
        for (let i = 0; i < weights.length; i++)
          sum += weights[i]! * data[(row * from + start + i) * channels + channel]!;
        result[place++] = Math.min(255, Math.max(0, Math.floor(sum / UNIT)));
      }
    }
  }
  return { width: to, height, channels, data: result };
}

/** Which old pixels a new one is made of, and how much of each. */
function windowOf(at: number, from: number, to: number): { readonly start: number; readonly weights: number[] } {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const center = (at + 0.5) * scale;
  const start = Math.max(0, Math.trunc(center - REACH * stretch + 0.5));
  const end = Math.min(from, Math.trunc(center + REACH * stretch + 0.5));
  const shares = Array.from({ length: end - start }, (_, i) => cubic((start + i - center + 0.5) / stretch));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const rounded = (share: number): number => Math.trunc(share * UNIT + (share < 0 ? -0.5 : 0.5));
  return { start, weights: shares.map((share) => rounded(share / total)) };
}

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
}

function transpose({ width, height, channels, data }: Pixels): Pixels {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++)
        turned[(x * height + y) * channels + c] = data[(y * width + x) * channels + c]!;
    }
  }
  return { width: height, height: width, channels, data: turned };
}
