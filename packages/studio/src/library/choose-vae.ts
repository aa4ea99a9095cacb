import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { homeFolder } from '../folders.ts';
import { readSettings, settingsFile } from '../settings/settings.ts';
import { findFolders } from './find-folders.ts';
import { listVaes } from './list-vaes.ts';
import type { ModelFolder } from './model-folder.ts';
import { parseNotes } from './model-notes.ts';
import { findVae, resolveVae, type VaeAnswer } from './resolve-vae.ts';

/**
 * Chooses the VAE for a checkpoint by what is asked for, set, noted and installed.
 * @param asked as in a recipe: `automatic`, `none`, or the name or path of a VAE, which need not be in the library.
 */
export async function chooseVae(checkpoint: string, asked: string, home = homeFolder()): Promise<VaeAnswer> {
  const settings = await readSettings(settingsFile(home));
  const { folders } = await findFolders(home, settings.modelRoots);
  const beside: ModelFolder = {
    path: dirname(checkpoint),
    kinds: ['checkpoint'],
    root: dirname(checkpoint),
    deep: false,
  };
  const listed = await listVaes([...folders, beside]);
  const isChoice = !/^(?:automatic|none)$/i.test(asked);
  // A path that leads to no file is left for whoever opens it to complain about.
  const isPath = isChoice && ((await isFile(asked)) || findVae(asked, listed) === undefined);
  return resolveVae({
    checkpoint,
    asked: isPath ? resolve(asked) : asked,
    setting: settings.sd_vae,
    settingFirst: settings.sd_vae_overrides_per_model_preferences,
    note: await readVaeNote(checkpoint),
    listed: isPath ? [resolve(asked), ...listed] : listed,
  });
}

async function readVaeNote(checkpoint: string): Promise<string | undefined> {
  try {
    return parseNotes(await readFile(`${checkpoint.slice(0, -extname(checkpoint).length)}.json`, 'utf8')).vae;
  } catch {
    // Without notes, or with damaged ones (of which the library gives notice), nothing is noted.
    return undefined;
  }
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
