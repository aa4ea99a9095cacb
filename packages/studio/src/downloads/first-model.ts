import { readdir } from 'node:fs/promises';
import { homeFolder } from '../folders.ts';
import { pathsLike } from '../library/find-folders.ts';
import { ownFolderOf } from '../library/folder-rules.ts';
import { isModelName } from '../library/model-stem.ts';
import { readSettings, settingsFile } from '../settings/settings.ts';
import { type KnownModel, knownModels } from './known-models.ts';

/** What is offered to somebody who has no checkpoint yet. */
export interface FirstModel {
  /** What to give to `danqing download`. */
  readonly link: string;
  readonly title: string;
  readonly sizeBytes: number;
  readonly licence: string;
  readonly page: string;
}

/**
 * Stable Diffusion 1.5 for the first start (DL-01), as the WebUI fetches it; undefined for who has a checkpoint or folders of other
 * programs. It is offered and not fetched unasked: it is 4 GB large. Makes no folders.
 */
export async function offerFirstModel(home = homeFolder()): Promise<FirstModel | undefined> {
  if (await hasCheckpoints(home)) return undefined;
  const { names, title, sizeBytes, repository, path } = knownModels[0] as KnownModel & { readonly sizeBytes: number };
  return {
    link: names[0]!,
    title,
    sizeBytes,
    licence: 'CreativeML Open RAIL-M',
    page: `https://huggingface.co/${repository}/blob/main/${path}`,
  };
}

async function hasCheckpoints(home: string): Promise<boolean> {
  if ((await readSettings(settingsFile(home))).modelRoots.length > 0) return true;
  const folders = await pathsLike(home, ownFolderOf('checkpoint')!);
  const names = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true }).catch(() => [])));
  return names.flat().some(isModelName);
}
