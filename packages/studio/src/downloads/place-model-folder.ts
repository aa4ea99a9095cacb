import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { makeFolder } from '@danqing/node/files/make-folder';
import { syncFolder } from '@danqing/node/files/new-file';
import { writingTrouble } from '@danqing/node/files/writing-trouble';
import { forgetPart } from '@danqing/node/network/transfer/journal';
import { numberedName, safeFileName } from './safe-file-name.ts';
import type { Settled } from './settle-file.ts';

/** A finished part and its path in the folder of a model. */
export interface FolderPart {
  readonly part: string;
  readonly path: string;
}

/**
 * Puts the files of a model in several files into a folder of their own, which appears whole or not at all. The parts stay until it is
 * there, so that nothing has to be fetched again whatever happens.
 * @throws io.
 */
export async function placeModelFolder(parts: readonly FolderPart[], folder: string, name: string): Promise<Settled> {
  const digest = createHash('sha256')
    .update(parts.map(({ part }) => part).join('\n'))
    .digest('hex');
  // The same name in every run: what a killed program left is cleared away.
  const growing = join(folder, `.danqing-${digest.slice(0, 16)}.tmp`);
  try {
    await rm(growing, { recursive: true, force: true });
    for (const { part, path } of parts) {
      const target = join(growing, ...path.split('/').map(safeFileName));
      await makeFolder(dirname(target));
      await addFile(part, target);
    }
    const path = await claimFolder(growing, folder, safeFileName(name));
    await syncFolder(folder);
    for (const { part } of parts) await forgetPart(part);
    return { path, existed: false };
  } catch (error) {
    await rm(growing, { recursive: true, force: true });
    throw writingTrouble(join(folder, name), error);
  }
}

/** A second name for a part, or a copy where there can be none; on the disk when this returns. */
async function addFile(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw sameName(target);
    await copyFile(part, target, constants.COPYFILE_EXCL);
  }
  const file = await open(target, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(target));
}

async function claimFolder(growing: string, folder: string, name: string): Promise<string> {
  for (let number = 1; number < 10_000; number++) {
    const path = join(folder, number === 1 ? name : numberedName(name, number));
    // A folder can replace an empty one only; whatever is there is left alone.
    if ((await lstat(path).catch(() => undefined)) !== undefined) continue;
    await rename(growing, path);
    return path;
  }
  const found = '10000 that are taken';
  throw new DanqingError('io', { where: join(folder, name), expected: 'a name that is free', found });
}

const sameName = (path: string): DanqingError =>
  new DanqingError('bad-value', { where: path, expected: 'files of different names', found: 'two of the same' });
