import { join } from 'node:path';
import type { KindId } from '@danqing/engine/identify/identification';
import { homeFolder } from '../folders.ts';
import { readSettings, settingsFile } from '../settings/settings.ts';
import { findFolders } from './find-folders.ts';
import { ownFolderOf } from './folder-rules.ts';

/** The folders in which some kinds of models are at home. */
export type HomeFolders = (...kinds: readonly KindId[]) => string[];

/**
 * Finds where models are at home: in this program's own folder, and in all roots that were added.
 * @throws as `readSettings` does.
 */
export async function findHomeFolders(home = homeFolder()): Promise<HomeFolders> {
  const { modelRoots } = await readSettings(settingsFile(home));
  const { folders } = await findFolders(home, modelRoots);
  return (...kinds) => {
    // Its own are named even where they are not there yet: that is where people are told to put files.
    const own = kinds.flatMap((kind) => ownFolderOf(kind) ?? []).map((folder) => join(home, folder));
    const found = folders.filter((folder) => folder.kinds.some((kind) => kinds.includes(kind)));
    return [...new Set([...own, ...found.map(({ path }) => path)])];
  };
}
