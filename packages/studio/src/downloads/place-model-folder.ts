import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { syncFolder } from '@danqing/node/files/new-file';
import { placeFile } from '@danqing/node/files/place-file';
import { writingTrouble } from '@danqing/node/files/writing-trouble';
import { journalPath } from '@danqing/node/network/transfer/journal';
import { numberedName, safeFileName } from './safe-file-name.ts';
import type { Settled } from './settle-file.ts';

/** A finished part and its path in the folder of a model. */
export interface FolderPart {
  readonly part: string;
  readonly path: string;
}

/**
 * Puts the files of a model in several files into a folder of their own, which appears whole or not at all.
 * @throws io; then the parts are where they were, or in a hidden folder beside the place.
 */
export async function placeModelFolder(parts: readonly FolderPart[], folder: string, name: string): Promise<Settled> {
  const growing = join(folder, `.danqing-${randomUUID()}.tmp`);
  try {
    await mkdir(growing, { recursive: true });
    for (const { part, path } of parts) {
      const target = join(growing, ...path.split('/').map(safeFileName));
      await mkdir(dirname(target), { recursive: true });
      if (!(await placeFile(part, target))) throw sameName(path);
    }
    const path = await claimFolder(growing, folder, safeFileName(name));
    await syncFolder(folder);
    for (const { part } of parts) await unlink(journalPath(part)).catch(() => {});
    return { path, existed: false };
  } catch (error) {
    // Parts that were moved already go back for the next try.
    for (const { part, path } of parts)
      await rename(join(growing, ...path.split('/').map(safeFileName)), part).catch(() => {});
    await rm(growing, { recursive: true, force: true });
    throw writingTrouble(join(folder, name), error);
  }
}

async function claimFolder(growing: string, folder: string, name: string): Promise<string> {
  for (let number = 1; number < 10_000; number++) {
    const path = join(folder, number === 1 ? name : numberedName(name, number));
    // A folder can replace an empty one only; whatever is there is left alone.
    if ((await lstat(path).catch(() => undefined)) !== undefined) continue;
    await rename(growing, path);
    return path;
  }
  throw new DanqingError('io', {
    where: join(folder, name),
    expected: 'a name that is free',
    found: '10000 that are taken',
  });
}

const sameName = (path: string): DanqingError =>
  new DanqingError('bad-value', { where: path, expected: 'files of different names', found: 'two of the same' });
