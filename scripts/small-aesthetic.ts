// A small CLIP text encoder with a projection, and an aesthetic embedding for it, from a checkpoint and seeds: aesthetic gradients can be
// tried without a download.
import { aestheticFile } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-vector';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { elementCount } from '@danqing/engine/tensor/tensor';
import { places } from '@danqing/engine/weights/keys/places';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import type { OpenModel } from '@danqing/node/files/open-model';
import type { TensorToSave } from '@danqing/studio/files/save-model';
import { seededIntegers } from '../tests/seeded-weights.ts';

/** The two files. */
export interface SmallAesthetic {
  /** The checkpoint's own text encoder in the names of the transformers library, with a projection that is made up. */
  readonly clip: readonly TensorToSave[];
  /** Bytes of the `.pt`. */
  readonly embedding: Uint8Array;
}

const [PLACE] = places.clipText;

/** Undefined for a checkpoint whose text encoder is no CLIP-L. */
export async function smallAesthetic({ index, files }: OpenModel): Promise<SmallAesthetic | undefined> {
  const width = index.tensors.get(`${PLACE}.final_layer_norm.weight`)?.shape[0];
  if (width === undefined) return undefined;
  const values = (name: string, count: number): Float32Array =>
    Float32Array.from(seededIntegers(name, count), (whole) => whole / 4096);
  const clip: TensorToSave[] = [];
  for (const entry of index.tensors.values()) {
    if (!entry.name.startsWith(`${PLACE}.`) || entry.dtype === 'I64') continue;
    const name = entry.name.slice(PLACE.lastIndexOf('.') + 1);
    clip.push({ name, dtype: entry.dtype, shape: entry.shape, bytes: await readTensorBytes(index, entry, files) });
  }
  const shape = [width, width];
  const projection = values('text projection', elementCount(shape));
  clip.push({ name: 'text_projection.weight', dtype: 'F16', shape, bytes: encodeFloat32(projection, 'F16').bytes });
  return { clip, embedding: aestheticFile(values('aesthetic', width)) };
}
