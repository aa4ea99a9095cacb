import { extname } from 'node:path';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { psnr } from '@danqing/engine/image/compare';
import type { Pixels } from '@danqing/engine/image/pixels';
import { sideBySide } from '@danqing/engine/image/side-by-side';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { encodePicture } from '@danqing/node/image/encode-picture';

/** Two pictures side by side in one file. */
export interface SavedComparison {
  readonly path: string;
  /** How alike they are, in decibels; infinite for equal ones. */
  readonly psnrDb: number;
}

/**
 * Puts a picture without an add-on and the one with it side by side into a PNG beside the latter.
 * @param path of the picture with it. @throws io.
 */
export async function saveComparison(
  name: string,
  without: DrawnPicture,
  own: DrawnPicture & { readonly path: string },
): Promise<SavedComparison> {
  const pictures = [without, own].map(({ width, height, pixels }): Pixels => {
    return { width, height, channels: 3, data: pixels };
  });
  const { bytes } = await encodePicture(sideBySide(pictures), { format: 'png' });
  const stem = own.path.slice(0, own.path.length - extname(own.path).length);
  const path = `${stem}-without-${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '_')}.png`;
  await writeAtomic(path, bytes);
  return { path, psnrDb: psnr(pictures[0]!, pictures[1]!) };
}
