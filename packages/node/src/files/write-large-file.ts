import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { FileSource } from './file-source.ts';
import { checkFreeSpace } from './free-space.ts';
import { NewFile } from './new-file.ts';
import { removeLeftovers } from './temporary-file.ts';
import { writingTrouble } from './writing-trouble.ts';

export interface WriteLargeOptions {
  /** Whether a file of that name may be replaced. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
  /** Told how many bytes of how many are written. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** What is to be written, and from what. */
export interface LargeFile {
  /** Absolute path. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Files that are read for it, open; they must not change meanwhile. */
  readonly sources: readonly FileSource[];
}

/**
 * Writes a file of any size: there must be room for it, it has its name only when all of it is on the disk, and if anything
 * goes wrong nothing is left. What others left unfinished in the folder is removed.
 * @param write puts the bytes in their places.
 * @throws io for a file that exists, too little room, a full disk, or a source that changes meanwhile; the signal's reason when
 * that ends it.
 */
export async function writeLargeFile(
  { path, sizeBytes, sources }: LargeFile,
  { overwrite = false, signal }: WriteLargeOptions,
  write: (file: NewFile) => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  await refuseExisting(path, overwrite);
  await removeLeftovers(dirname(path));
  await checkFreeSpace(dirname(path), sizeBytes);
  try {
    const file = await NewFile.create(path);
    try {
      await write(file);
      await Promise.all(sources.map((source) => source.refuseChanged()));
      signal?.throwIfAborted();
      if (!(await file.commit(overwrite))) throw existing(path);
    } finally {
      await file.discard();
    }
  } catch (error) {
    throw writingTrouble(path, error);
  }
}

/** A new name is asked for before the work, and once more when it is given. @throws io when it is taken. */
export async function refuseExisting(path: string, overwrite: boolean): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found !== undefined && !overwrite) throw existing(path);
}

function existing(path: string): DanqingError {
  return new DanqingError('io', {
    where: path,
    expected: 'a name that is free',
    found: 'a file',
    advice: 'Choose another name, or allow it with --overwrite.',
  });
}
