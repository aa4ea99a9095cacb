import type { ByteSource } from '@danqing/engine/weights/tensor-index';
import { openFile } from './file-source.ts';

/**
 * A file that is opened for each read and closed again: to be kept for as long as someone may want a byte of it.
 * @throws as `openFile`, now and when it is read.
 */
export async function lastingFile(path: string): Promise<ByteSource> {
  const first = await openFile(path);
  const { file, size } = first;
  await first.close();
  return {
    file,
    size,
    async read(offset, length) {
      const source = await openFile(file);
      try {
        return await source.read(offset, length);
      } finally {
        await source.close();
      }
    },
  };
}
