import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { Library } from './library.ts';

/**
 * The file or folder of a checkpoint by its path, or by what A1111 knows it by: name, stem, title or hash.
 * @throws missing when it is neither there nor in the library.
 */
export async function findCheckpointFile(name: string): Promise<string> {
  const isThere = await stat(name).then(
    () => true,
    () => false,
  );
  if (isThere) return resolve(name);
  const library = await Library.open();
  try {
    // What is known from before is enough when it is found there.
    const known = library.findCheckpoint(name);
    if (known === undefined) await library.refresh();
    const found = known ?? library.findCheckpoint(name);
    if (found !== undefined) return found.path;
  } finally {
    await library.close();
  }
  throw new DanqingError('missing', {
    where: name,
    expected: 'a checkpoint: a file, or the name of one in the library',
    found: 'none',
    advice: '`danqing library --kind checkpoint` lists those there are.',
  });
}
