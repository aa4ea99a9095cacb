import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { writeLatents } from './latent-file.ts';

/**
 * Writes the final latents of pictures that were drawn with them, in order; at least one.
 * @throws io when it cannot be written.
 */
export async function saveLatents(path: string, pictures: readonly DrawnPicture[]): Promise<void> {
  const [{ width, height, family, latent }] = pictures as [DrawnPicture, ...DrawnPicture[]];
  const [h, w] = [height / 8, width / 8];
  const size = latent!.length;
  const data = new Float32Array(size * pictures.length);
  for (const [i, picture] of pictures.entries()) data.set(picture.latent!, i * size);
  const receipts = pictures.map(({ receipt }) => receipt);
  await writeLatents(path, { latent: { shape: [pictures.length, size / (h * w), h, w], data }, family, receipts });
}
