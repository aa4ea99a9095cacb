import { DanqingError } from '@danqing/engine/errors';
import type { Pixels } from '@danqing/engine/image/pixels';
import sharp from 'sharp';

/** 16384 x 16384: more is a mistake or an attack. */
const MAX_PIXELS = 2 ** 28;

/**
 * Decodes a picture into 8-bit sRGB, upright, with opacity if it has any; the first one of an animation.
 * @throws bad-file when it is damaged, cut short or too large.
 */
export async function decodePicture(bytes: Uint8Array): Promise<Pixels> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS })
      .autoOrient()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return toRgb({ width: info.width, height: info.height, channels: info.channels, data });
  } catch (error) {
    if (error instanceof DanqingError) throw error;
    throw new DanqingError('bad-file', {
      where: 'picture',
      expected: 'a picture that can be decoded',
      found: (error as Error).message,
    });
  }
}

/** Grey pictures have one channel, or two with opacity. */
function toRgb({
  width,
  height,
  channels,
  data,
}: {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}): Pixels {
  if (channels === 3 || channels === 4) return { width, height, channels, data };
  const count = width * height;
  const wide = channels === 2 ? 4 : 3;
  const rgb = new Uint8Array(count * wide);
  for (let i = 0; i < count; i++) {
    rgb.fill(data[i * channels]!, i * wide, i * wide + 3);
    if (wide === 4) rgb[i * wide + 3] = data[i * channels + 1]!;
  }
  return { width, height, channels: wide, data: rgb };
}
