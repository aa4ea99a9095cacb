import { copyFile, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { claimName, syncFolder } from './new-file.ts';
import { forgetTemporary, temporaryPath } from './temporary-file.ts';
import { writingTrouble } from './writing-trouble.ts';

/**
 * Gives a finished file its place and name in one step, on the disk when this returns. From another disk it is copied first.
 * @returns false when the name is taken; nothing is changed then.
 * @throws io.
 */
export async function placeFile(from: string, to: string): Promise<boolean> {
  try {
    await syncFile(from);
    const placed = await claimAcross(from, to);
    if (placed) {
      // Where names are made by links, the old one is still there.
      await unlink(from).catch(() => {});
      await syncFolder(dirname(to));
    }
    return placed;
  } catch (error) {
    throw writingTrouble(to, error, 'The file stays where it is.');
  }
}

async function claimAcross(from: string, to: string): Promise<boolean> {
  try {
    return await claimName(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
  }
  const copy = temporaryPath(dirname(to));
  try {
    await copyFile(from, copy);
    await syncFile(copy);
    return await claimName(copy, to);
  } finally {
    await unlink(copy).catch(() => {});
    forgetTemporary(copy);
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
