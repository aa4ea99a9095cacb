import type { Bitmap } from './picture.ts';

/** Shrinks a picture to a width, each new pixel the mean of the old ones under it; one that is small enough stays as it is. */
export function shrink({ width, height, pixels }: Bitmap, columns: number): Bitmap {
  if (width <= columns) return { width, height, pixels };
  const scale = width / columns;
  const rows = Math.max(1, Math.round(height / scale));
  const small = new Uint8Array(columns * rows * 3);
  for (let y = 0; y < rows; y++) {
    const [top, bottom] = [Math.floor((y * height) / rows), Math.ceil(((y + 1) * height) / rows)];
    for (let x = 0; x < columns; x++) {
      const [left, right] = [Math.floor(x * scale), Math.ceil((x + 1) * scale)];
      const sums = [0, 0, 0];
      for (let j = top; j < bottom; j++) {
        for (let i = left; i < right; i++) {
          for (let c = 0; c < 3; c++) sums[c]! += pixels[(j * width + i) * 3 + c]!;
        }
      }
      const count = (bottom - top) * (right - left);
      for (let c = 0; c < 3; c++) small[(y * columns + x) * 3 + c] = Math.round(sums[c]! / count);
    }
  }
  return { width: columns, height: rows, pixels: small };
}
