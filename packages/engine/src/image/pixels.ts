import { DanqingError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A picture in memory: 8 bits a channel, rows from the top, channels side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 3 for red, green, blue; 4 with opacity. */
  readonly channels: 3 | 4;
  readonly data: Uint8Array;
}

/**
 * Turns what a VAE decodes, [batch, 3, height, width] in −1…1, into pictures: clamp((x + 1) / 2, 0, 1) · 255 in float32,
 * truncated, as A1111 does.
 * @throws bad-shape for another shape; not-a-number when a value is NaN or infinite, saying in which picture and where.
 */
export function toPixels({ shape, data }: Tensor): Pixels[] {
  const [batch, channels, height, width] = shape;
  if (shape.length !== 4 || channels !== 3 || batch === undefined || height === undefined || width === undefined) {
    throw new DanqingError('bad-shape', {
      where: 'decoded picture',
      expected: 'shape [batch, 3, height, width]',
      found: `[${shape.join(', ')}]`,
    });
  }
  const area = height * width;
  return Array.from({ length: batch }, (_, index) => {
    const planes = data.subarray(index * 3 * area, (index + 1) * 3 * area);
    refuseNonFinite(planes, index, width, area);
    const rgb = new Uint8Array(3 * area);
    for (let channel = 0; channel < 3; channel++) {
      const plane = planes.subarray(channel * area, (channel + 1) * area);
      for (let i = 0; i < area; i++) rgb[3 * i + channel] = toByte(plane[i]!);
    }
    return { width, height, channels: 3, data: rgb };
  });
}

function toByte(value: number): number {
  const unit = Math.min(1, Math.max(0, Math.fround(value + 1) / 2));
  return Math.trunc(Math.fround(255 * unit));
}

function refuseNonFinite(planes: Float32Array, picture: number, width: number, area: number): void {
  const first = planes.findIndex((value) => !Number.isFinite(value));
  if (first < 0) return;
  let [nan, infinite] = [0, 0];
  for (const value of planes) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
  }
  const [row, column] = [Math.floor((first % area) / width), first % width];
  throw new DanqingError('not-a-number', {
    where: `decoded picture ${picture + 1}`,
    expected: 'finite values',
    found: `${nan} NaN and ${infinite} infinite values of ${planes.length}, the first at row ${row}, column ${column}`,
    advice: 'A black picture was not saved. Try another VAE; a VAE in half precision can overflow.',
  });
}
