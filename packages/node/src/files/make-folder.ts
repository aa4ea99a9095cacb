import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';

/** Makes a folder with those above it, where it is not there yet. @throws io. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await make(folder);
  } catch (error) {
    throw new DanqingError('io', {
      where: folder,
      expected: 'a folder that can be made',
      found: (error as Error).message,
      advice: 'Nothing was written.',
    });
  }
}

/** Not `mkdir` with `recursive`: where a file system makes no folders and says that they are missing (`/proc`), Node never ends. */
async function make(folder: string, mayMakeParents = true): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What is there but no folder shows when a file is put into it.
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || !mayMakeParents || dirname(folder) === folder) throw error;
    await make(dirname(folder));
    await make(folder, false);
  }
}
