import { randomUUID } from 'node:crypto';
import { link, lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { writingTrouble } from './writing-trouble.ts';

export interface WriteAtomicOptions {
  /** Whether a file of that name may be replaced; when not, an existing one is left alone. */
  readonly overwrite?: boolean;
}

/**
 * Writes a file so that a reader sees all of it or none, whatever happens: into a temporary file of the same folder, to
 * the disk, then to its name. A link is followed to its file.
 * @param data the contents, whole or in pieces.
 * @returns false when the file exists and must not be overwritten; nothing is changed then.
 * @throws io when the place cannot be written or the disk is full; nothing is left behind.
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { overwrite = true }: WriteAtomicOptions = {},
): Promise<boolean> {
  try {
    const { target, mode } = await resolveTarget(path);
    const temporary = join(dirname(target), `.danqing-${randomUUID()}.tmp`);
    try {
      await writeThrough(temporary, data, mode);
      if (overwrite) await rename(temporary, target);
      else if (!(await claimName(temporary, target))) return false;
    } finally {
      await unlink(temporary).catch(ignoreMissing);
    }
    await syncFolder(dirname(target));
    return true;
  } catch (error) {
    throw writingTrouble(path, error);
  }
}

/** The file behind a name, and the permissions it has; a folder or device is refused. */
async function resolveTarget(path: string): Promise<{ target: string; mode?: number }> {
  const found = await lstat(path).catch(ignoreMissing);
  if (found === undefined) return { target: path };
  const target = found.isSymbolicLink() ? await realpath(path) : path;
  const file = found.isSymbolicLink() ? await lstat(target) : found;
  if (file.isFile()) return { target, mode: file.mode & 0o777 };
  throw new DanqingError('io', {
    where: path,
    expected: 'the name of a file',
    found: file.isDirectory() ? 'a folder' : 'a device or another special file',
  });
}

async function writeThrough(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  mode: number | undefined,
): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    if (typeof data === 'string' || data instanceof Uint8Array) await handle.writeFile(data);
    else for await (const piece of data) await writeAll(handle, piece);
    if (mode !== undefined) await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
}

/** Gives a finished file of the same folder its name unless that is taken; a hard link cannot replace a file, even one made this moment. */
export async function claimName(temporary: string, target: string): Promise<boolean> {
  try {
    await link(temporary, target);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
  }
  // Some memory cards and network shares have no hard links.
  if ((await lstat(target).catch(ignoreMissing)) !== undefined) return false;
  await rename(temporary, target);
  return true;
}

/** Makes the new name last through a power cut, where folders can be synced. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES' && code !== 'ENOTSUP')
      throw error;
  }
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
