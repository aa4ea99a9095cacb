import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { KindId } from '@danqing/engine/identify/identification';
import { sha256OfFile } from '@danqing/node/files/hash-file';
import { makeFolder } from '@danqing/node/files/make-folder';
import { placeFile } from '@danqing/node/files/place-file';
import { forgetPart, journalPath } from '@danqing/node/network/transfer/journal';
import { isContainerEnding, rightEnding } from '../library/container-endings.ts';
import { pathsLike } from '../library/find-folders.ts';
import { ownFolderOf } from '../library/folder-rules.ts';
import type { Arrival } from './examine-arrival.ts';
import { numberedName, safeFileName, splitEnding } from './safe-file-name.ts';

/** Where a file goes. */
export interface Destination {
  /** Folder of models and settings. */
  readonly home: string;
  /** Folder that a person named; counts more than everything. */
  readonly to?: string | undefined;
  /** Kind that a person named; counts more than what the file seems to be. */
  readonly kind?: KindId | undefined;
}

/** A file in its place. */
export interface Settled {
  readonly path: string;
  /** Whether the very same file was there before. */
  readonly existed: boolean;
}

/** The folder that what arrived belongs in; a kind without a folder of its own is kept among the models. */
export async function destinationFolder({ home, to, kind }: Destination, arrived: KindId): Promise<string> {
  if (to !== undefined) return to;
  const own = ownFolderOf(kind ?? arrived) ?? 'models';
  return (await pathsLike(home, own))[0] ?? join(home, own);
}

/** A safe name for what arrived, with an ending that says what it is: names that lie are corrected. */
export function nameFor(
  said: string,
  { format, kind }: Pick<Arrival, 'format' | 'kind'>,
): { name: string; note?: string } {
  const name = safeFileName(said);
  const { stem, ending } = splitEnding(name);
  const right = format === undefined ? undefined : rightEnding(ending, format, kind);
  if (right === undefined) return { name };
  const corrected = safeFileName(`${isContainerEnding(ending) ? stem : name}${right}`);
  return { name: corrected, note: `It is called ${name} but is a ${format} file: saved as ${corrected}.` };
}

/**
 * Gives a finished part its name in a folder; a file that is there already is never replaced: the very same one makes the new one
 * unnecessary, beside another one it gets a number.
 * @throws io.
 */
export async function settleFile(partPath: string, folder: string, name: string): Promise<Settled> {
  await makeFolder(folder);
  for (let number = 1; number < 10_000; number++) {
    const path = join(folder, number === 1 ? name : numberedName(name, number));
    // The name may be taken between the look and the claim, by another download of the same file.
    const isThere = await isSameFile(partPath, path);
    const isPlaced = !isThere && (await placeFile(partPath, path));
    if (isPlaced) {
      await unlink(journalPath(partPath)).catch(() => {});
      return { path, existed: false };
    }
    if (isThere || (await isSameFile(partPath, path))) {
      await forgetPart(partPath);
      return { path, existed: true };
    }
  }
  throw new DanqingError('io', {
    where: join(folder, name),
    expected: 'a name that is free',
    found: '10000 that are taken',
  });
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => lstat(path).catch(() => undefined)));
  if (one === undefined || other?.isFile() !== true || one.size !== other.size) return false;
  return (await sha256OfFile(a)) === (await sha256OfFile(b));
}
