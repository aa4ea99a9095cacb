import { createHash } from 'node:crypto';
import type { Pixels } from '@danqing/engine/image/pixels';

/** SHA-256 of the red, green and blue bytes of a picture, row by row, in hexadecimal digits; opacity does not count. */
export function hashPixels({ channels, data }: Pixels): string {
  if (channels === 3) return createHash('sha256').update(data).digest('hex');
  const rgb = new Uint8Array((data.length / 4) * 3);
  for (let i = 0; i < rgb.length; i++) rgb[i] = data[Math.floor(i / 3) * 4 + (i % 3)]!;
  return createHash('sha256').update(rgb).digest('hex');
}

/** SHA-256 of a float32 tensor's numbers, low byte first, in hexadecimal digits. */
export const hashLatent = (data: Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');

/** SHA-256 of the UTF-8 bytes of a text, in hexadecimal digits. */
export const hashText = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
