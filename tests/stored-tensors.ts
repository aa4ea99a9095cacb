import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { openIndex } from '@danqing/engine/weights/open-index';
import type { TensorEntry, TensorIndex } from '@danqing/engine/weights/tensor-index';
import { openFile } from '@danqing/node/files/file-source';

/** The index of a weight file. */
export async function indexOf(path: string): Promise<TensorIndex> {
  const source = await openFile(path);
  try {
    return await openIndex(source);
  } finally {
    await source.close();
  }
}

/** Reads stored tensors, all of a file or the chosen ones, as float32. */
export async function readTensors(
  path: string,
  choose: (entry: TensorEntry) => boolean = () => true,
): Promise<Record<string, Tensor>> {
  const source = await openFile(path);
  try {
    const { tensors } = await openIndex(source);
    const read = [...tensors.values()].filter(choose).map(async ({ name, dtype, shape, offset, length }) => {
      const data = decodeToFloat32(await source.read(offset, length), dtype);
      return [name, { shape, data }] as const;
    });
    return Object.fromEntries(await Promise.all(read));
  } finally {
    await source.close();
  }
}
