import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { settings as settingsShape, type Settings } from '@danqing/contract/settings';
import { DanqingError } from '@danqing/engine/errors';
import { makeFolder } from '@danqing/node/files/make-folder';
import { readingTrouble } from '@danqing/node/files/reading-trouble';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { homeFolder } from '../folders.ts';

/** The file of a person's settings. */
export const settingsFile = (home = homeFolder()): string => join(home, 'settings.json');

/**
 * What is set; the defaults where there is no file.
 * @throws bad-file when the file is damaged or a setting makes no sense; io when it cannot be read.
 */
export async function readSettings(file = settingsFile()): Promise<Settings> {
  return understand(file, await readText(file));
}

/**
 * Changes settings on the disk; those that this version does not know stay as they are. Changes of this process are made one
 * after another.
 * @returns what is set now.
 * @throws as `readSettings` and `writeAtomic` do; nothing is changed then.
 */
export function changeSettings(change: (settings: Settings) => Settings, file = settingsFile()): Promise<Settings> {
  const changed = last.then(async () => {
    const settings = settingsShape.parse(change(await readSettings(file)));
    await makeFolder(dirname(file));
    await writeAtomic(file, `${JSON.stringify(settings, undefined, 2)}\n`);
    return settings;
  });
  last = changed.catch(() => undefined);
  return changed;
}

let last: Promise<unknown> = Promise.resolve();

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw readingTrouble(file, error);
  }
}

function understand(file: string, text: string | undefined): Settings {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch (error) {
    const found = `other text (${(error as Error).message})`;
    throw new DanqingError('bad-file', { where: file, expected: 'JSON', found, advice: REPAIR });
  }
  const result = settingsShape.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = [file, ...path].map(String).join(' › ');
  throw new DanqingError('bad-file', { where, expected: 'a setting that is valid', found: message, advice: REPAIR });
}

const REPAIR = 'Repair the file, or move it away to begin with the defaults.';
