import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { reasonOf } from './writing-trouble.ts';

/** Makes a folder with those above it, where it is not there yet. @throws io. */
export const makeFolder = async (folder: string): Promise<void> => Promise.resolve(folder).then(makeFolderSync);

/** The same at once. @throws io. */
export function makeFolderSync(folder: string): void {
  try {
    make(folder);
  } catch (error) {
    throw new DanqingError('io', {
      where: folder,
      expected: 'a folder that can be made',
      found: reasonOf(error as Error),
      advice: 'Nothing was written.',
    });
  }
}

/** Not `recursive`: where a file system makes no folders and says that they are missing (`/proc`), Node never ends. */
function make(folder: string, mayMakeParents = true): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What is there but no folder shows when a file is put into it.
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || !mayMakeParents || dirname(folder) === folder) throw error;
    make(dirname(folder));
    make(folder, false);
  }
}
