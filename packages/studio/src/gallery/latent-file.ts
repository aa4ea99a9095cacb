import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { makeFolder } from '@danqing/node/files/make-folder';
import { openModel } from '@danqing/node/files/open-model';
import { writeAtomic } from '@danqing/node/files/write-atomic';

/** Final latents of pictures with what is known of them: enough to decode them again. */
export interface LatentFile {
  /** [n, c, h, w], scaled, in float32. */
  readonly latent: Tensor;
  /** Id of the family whose space they are in. */
  readonly family?: string | undefined;
  /** The checkpoint that drew them; only in the program's own files. */
  readonly checkpoint?: string | undefined;
  /** Receipts of the pictures, in their order, as JSON. */
  readonly receipts: readonly string[];
}

const TENSOR = 'latent';
const FAMILY = 'danqing.family';
const CHECKPOINT = 'danqing.checkpoint';
const RECEIPT = 'danqing.receipt.';

/**
 * Writes latents as one float32 tensor `latent` [batch, channels, h/8, w/8] into a safetensors file, with family and receipts in its metadata.
 * @throws io when it cannot be written.
 */
export async function writeLatents(path: string, { latent, family, checkpoint, receipts }: LatentFile): Promise<void> {
  const metadata = new Map<string, string>([
    ...(family === undefined ? [] : [[FAMILY, family] as const]),
    ...(checkpoint === undefined ? [] : [[CHECKPOINT, checkpoint] as const]),
    ...receipts.map((receipt, i) => [`${RECEIPT}${i}`, receipt] as const),
  ]);
  const { header } = planSafetensors([{ name: TENSOR, dtype: 'F32', shape: latent.shape }], metadata);
  const { buffer, byteOffset, byteLength } = latent.data;
  await makeFolder(dirname(path));
  await writeAtomic(path, [header, new Uint8Array(buffer, byteOffset, byteLength)]);
}

/**
 * Reads them back.
 * @throws bad-file for a file without them; what opening a model file throws.
 */
export async function readLatents(path: string): Promise<LatentFile> {
  const { index, files, close } = await openModel(path);
  try {
    const entry = index.tensors.get(TENSOR);
    if (entry === undefined || entry.shape.length !== 4 || entry.shape.some((size) => size < 1)) {
      throw new DanqingError('bad-file', {
        where: path,
        expected: 'a tensor `latent` [batch, channels, height, width]',
        found: entry === undefined ? `${index.tensors.size} others` : `[${entry.shape.join(', ')}]`,
        advice: '`danqing generate --save-latent` writes such files.',
      });
    }
    const data = decodeToFloat32(await readTensorBytes(index, entry, files), entry.dtype);
    const receipts = Array.from({ length: entry.shape[0]! }, (_, i) => index.metadata.get(`${RECEIPT}${i}`));
    return {
      latent: { shape: entry.shape, data },
      family: index.metadata.get(FAMILY),
      checkpoint: index.metadata.get(CHECKPOINT),
      receipts: receipts.every((receipt) => receipt !== undefined) ? receipts : [],
    };
  } finally {
    await close();
  }
}
