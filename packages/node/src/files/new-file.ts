import { type FileHandle, link, lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { forgetTemporary, temporaryPath } from './temporary-file.ts';

/**
 * A file that comes into being under a temporary name in the folder of its own, so that a reader sees all of it or none,
 * whatever happens. Errors are those of the system.
 */
export class NewFile {
  readonly handle: FileHandle;
  /** Where it is until it has its name. */
  readonly temporary: string;
  readonly #target: string;
  readonly #mode: number | undefined;

  private constructor(handle: FileHandle, temporary: string, target: string, mode: number | undefined) {
    this.handle = handle;
    this.temporary = temporary;
    this.#target = target;
    this.#mode = mode;
  }

  /**
   * Begins a file. A link is followed to its file; one that is there keeps its permissions, unless others are asked for.
   * @throws io when the name is that of a folder or device.
   */
  static async create(path: string, asked?: number): Promise<NewFile> {
    const { target, mode } = await resolveTarget(path);
    const temporary = temporaryPath(dirname(target));
    try {
      return new NewFile(await open(temporary, 'wx+', asked), temporary, target, asked ?? mode);
    } catch (error) {
      forgetTemporary(temporary);
      throw error;
    }
  }

  /** Writes all of `bytes` at a place. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      done += (await this.handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }

  /**
   * Brings the file to the disk, then to its name, and that to the disk; or discards it.
   * @returns false when a file of that name exists and must not be replaced; nothing is changed then.
   */
  async commit(overwrite: boolean): Promise<boolean> {
    try {
      if (this.#mode !== undefined) await this.handle.chmod(this.#mode);
      await this.handle.sync();
      await this.handle.close();
      if (overwrite) await rename(this.temporary, this.#target);
      else if (!(await claimName(this.temporary, this.#target))) return false;
    } finally {
      await this.discard();
    }
    await syncFolder(dirname(this.#target));
    return true;
  }

  /** Ends without a file; does nothing after `commit`. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await unlink(this.temporary).catch(ignoreMissing);
    forgetTemporary(this.temporary);
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
