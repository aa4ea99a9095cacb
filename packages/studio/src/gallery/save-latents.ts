import { dirname } from 'node:path';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { makeFolder } from '@danqing/node/files/make-folder';
import { writeAtomic } from '@danqing/node/files/write-atomic';

/**
 * Writes final latents as one float32 tensor `latent` [batch, channels, h/8, w/8] into a safetensors file.
 * @param latents one [channels, h/8, w/8] for each picture, in order; at least one.
 * @param size of the pictures in pixels.
 * @throws io when it cannot be written.
 */
export async function saveLatents(
  path: string,
  latents: readonly Float32Array[],
  { width, height }: { readonly width: number; readonly height: number },
): Promise<void> {
  const [h, w] = [height / 8, width / 8];
  const shape = [latents.length, latents[0]!.length / (h * w), h, w];
  const { header } = planSafetensors([{ name: 'latent', dtype: 'F32', shape }]);
  await makeFolder(dirname(path));
  await writeAtomic(path, [
    header,
    ...latents.map((data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}
