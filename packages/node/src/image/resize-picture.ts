import type { Pixels } from '@danqing/engine/image/pixels';
import sharp from 'sharp';

/** How new pixels are computed from old ones. */
export type ResizeKernel = 'nearest' | 'linear' | 'cubic' | 'lanczos3';

/** Stretches or shrinks a picture to a size, whatever its shape. */
export async function resizePicture(
  { width: oldWidth, height: oldHeight, channels, data }: Pixels,
  width: number,
  height: number,
  kernel: ResizeKernel = 'lanczos3',
): Promise<Pixels> {
  const resized = await sharp(data, { raw: { width: oldWidth, height: oldHeight, channels } })
    .resize(width, height, { fit: 'fill', kernel, fastShrinkOnLoad: false })
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { width, height, channels, data: resized };
}
