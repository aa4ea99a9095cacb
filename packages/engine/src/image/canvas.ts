import type { Pixels } from './pixels.ts';

/** An empty picture of one colour, without opacity, to put others on. */
export function createCanvas(width: number, height: number, grey = 255): Pixels {
  return { width, height, channels: 3, data: new Uint8Array(3 * width * height).fill(grey) };
}

/** Puts a picture on a canvas; what does not fit on it is cut off, and opacity does not count. */
export function paste(canvas: Pixels, picture: Pixels, left: number, top: number): void {
  const rows = Math.min(picture.height, canvas.height - top);
  const columns = Math.min(picture.width, canvas.width - left);
  for (let row = 0; row < rows; row++) {
    const from = picture.channels * row * picture.width;
    const to = canvas.channels * ((top + row) * canvas.width + left);
    if (picture.channels === canvas.channels) {
      canvas.data.set(picture.data.subarray(from, from + picture.channels * columns), to);
      continue;
    }
    for (let column = 0; column < columns; column++) {
      const source = from + picture.channels * column;
      canvas.data.set(picture.data.subarray(source, source + 3), to + canvas.channels * column);
    }
  }
}
