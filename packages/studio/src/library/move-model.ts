import { constants, type Stats } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  open,
  readdir,
  realpath,
  rename,
  stat,
  symlink,
  unlink,
  utimes,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { makeFolder } from '@danqing/node/files/make-folder';
import { isModelName, modelStem } from './model-stem.ts';
import { sideEndings } from './side-files.ts';

/**
 * Moves a model into a folder, and what lies beside it and belongs to it. Nothing is ever replaced, and whatever happens on the way, no
 * file is lost: it may be in both places then.
 * @returns the new path of the model.
 * @throws bad-value when one of the names is taken there; io; nothing is moved then.
 */
export async function moveModel(path: string, folder: string): Promise<string> {
  const stats = await lstat(path).catch((error: unknown) => {
    throw trouble(path, 'a model to move', error);
  });
  const from = dirname(path);
  const target = join(folder, basename(path));
  if (target === path) return path;
  const sides = await sidesOf(path);
  for (const name of [basename(path), ...sides.names]) {
    if ((await lstat(join(folder, name)).catch(() => undefined)) === undefined) continue;
    const advice = 'Nothing was moved: rename one of them, or delete the one that is not needed.';
    throw new DanqingError('bad-value', {
      where: join(folder, name),
      expected: 'no such file yet',
      found: 'one',
      advice,
    });
  }
  await makeFolder(folder);
  try {
    await moveEntry(path, target, stats);
    // Notes that another model of the same name uses too stay with it.
    for (const name of sides.names) {
      const side = join(from, name);
      if (sides.shared) await copyFile(side, join(folder, name), constants.COPYFILE_EXCL);
      else await moveEntry(side, join(folder, name), await lstat(side));
    }
  } catch (error) {
    throw trouble(target, 'a place to move it to', error);
  }
  return target;
}

async function sidesOf(path: string): Promise<{ readonly names: string[]; readonly shared: boolean }> {
  const present = await readdir(dirname(path));
  const stem = modelStem(path);
  const names = sideEndings.map((ending) => stem + ending).filter((name) => present.includes(name));
  const isTwin = (name: string): boolean => name !== basename(path) && isModelName(name) && modelStem(name) === stem;
  return { names, shared: present.some(isTwin) };
}

async function moveEntry(from: string, to: string, stats: Stats): Promise<void> {
  if (stats.isSymbolicLink()) {
    // A relative link would lead elsewhere from its new place.
    await symlink(await realpath(from), to);
    await unlink(from);
  } else if (stats.isDirectory()) await rename(from, to);
  else {
    try {
      // A link cannot replace a file, even one made this moment.
      await link(from, to);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') throw error;
      await copyOver(from, to, stats);
    }
    await unlink(from);
  }
}

/** To another drive, or one without links. */
async function copyOver(from: string, to: string, { size, atime, mtime }: Stats): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL);
  try {
    const { size: copied } = await stat(to);
    if (copied !== size) throw new Error(`only ${copied} of ${size} bytes arrived`);
    await syncFile(to);
    await utimes(to, atime, mtime);
  } catch (error) {
    await unlink(to);
    throw error;
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function trouble(where: string, expected: string, error: unknown): DanqingError {
  if (error instanceof DanqingError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const found =
    code === 'EXDEV' ? 'another drive, to which a folder cannot be moved' : code === 'ENOENT' ? 'none' : message;
  return new DanqingError(code === 'ENOENT' ? 'missing' : 'io', { where, expected, found });
}
