import type { Pixels } from './pixels.ts';

/** Only the lower half of each byte of the bands holds data; the upper half is decoration. */
const HALF = 0x0f;

/**
 * Reads what A1111 hides in bands beside a picture: bytes, their lower halves in the left band and their upper ones in the right, each
 * mixed with the numbers of a generator; between bands and picture is a column of black. Bytes behind the end of the data are noise.
 * @returns undefined when the picture has no such bands.
 */
export function readSideBands(pixels: Pixels): Uint8Array<ArrayBuffer> | undefined {
  const { left, top, right, bottom } = litArea(pixels);
  const black: number[] = [];
  for (let x = left; x < right; x++) if (isEmpty(pixels, x, top, bottom)) black.push(x);
  const [first, last] = [black[0], black.at(-1)];
  if (first === undefined || last === undefined || first === last || first - left !== right - 1 - last)
    return undefined;
  const lower = readBand(pixels, left, first, top, bottom);
  const upper = readBand(pixels, last + 1, right, top, bottom);
  return lower.map((half, i) => (upper[i]! << 4) | half);
}

/** The smallest area around all pixels that are black in no channel. */
function litArea({ width, height, channels, data }: Pixels) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      if (data[at] === 0 || data[at + 1] === 0 || data[at + 2] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return { left, top, right, bottom };
}

function isEmpty({ width, channels, data }: Pixels, x: number, top: number, bottom: number): boolean {
  for (let y = top; y < bottom; y++) {
    const at = (y * width + x) * channels;
    if (((data[at]! | data[at + 1]! | data[at + 2]!) & HALF) !== 0) return false;
  }
  return true;
}

function readBand(
  { width, channels, data }: Pixels,
  from: number,
  to: number,
  top: number,
  bottom: number,
): Uint8Array<ArrayBuffer> {
  const band = new Uint8Array(Math.max(0, (to - from) * (bottom - top) * 3));
  let [state, at] = [0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = from; x < to; x++) {
      for (let channel = 0; channel < 3; channel++) {
        // The generator of Numerical Recipes, modulo 255.
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        band[at++] = (data[(y * width + x) * channels + channel]! ^ (state % 255)) & HALF;
      }
    }
  }
  return band;
}
