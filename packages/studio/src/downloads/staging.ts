import { createHash } from 'node:crypto';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@danqing/node/files/make-folder';
import { removeLeftovers } from '@danqing/node/files/temporary-file';
import { writingTrouble } from '@danqing/node/files/writing-trouble';
import { forgetPart } from '@danqing/node/network/transfer/journal';
import type { Link } from './source.ts';

/**
 * Folder in which files grow until they are whole and known to be safe. It is hidden, on the disk of the models, and its files have
 * no ending that any program takes for a model.
 */
export const stagingFolder = (base: string): string => join(base, '.danqing-downloads');

/** Makes the folder, and clears what a killed program left there of its journals; parts stay. @throws io. */
export async function makeStaging(base: string): Promise<string> {
  const folder = stagingFolder(base);
  try {
    await makeFolder(folder);
    await removeLeftovers(folder);
  } catch (error) {
    throw writingTrouble(folder, error);
  }
  return folder;
}

/** Where the file at a place of a link's offer grows: the same place in every run. */
export function partPath(base: string, link: Link, key: string): string {
  return join(stagingFolder(base), `${linkId(link)}-${digest(key)}.part`);
}

/** Removes everything that was fetched for a link and is not finished. */
export async function discardParts(base: string, link: Link): Promise<void> {
  const folder = stagingFolder(base);
  const names = await readdir(folder).catch(() => []);
  const own = names.filter((name) => name.startsWith(`${linkId(link)}-`) && name.endsWith('.part'));
  for (const name of own) await forgetPart(join(folder, name));
  await removeIfEmpty(base);
}

/** Removes the folder when nothing is in it. */
export async function removeIfEmpty(base: string): Promise<void> {
  await rmdir(stagingFolder(base)).catch(() => {});
}

const linkId = ({ canonical }: Link): string => digest(canonical);

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
