import { mkdir } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';

/** Makes a folder with those above it, where it is not there yet. @throws io. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new DanqingError('io', {
      where: folder,
      expected: 'a folder that can be made',
      found: (error as Error).message,
      advice: 'Nothing was written.',
    });
  }
}
