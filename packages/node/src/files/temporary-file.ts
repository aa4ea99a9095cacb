import { createHash, randomBytes } from 'node:crypto';
import { lstat, readdir, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';

/** Which machine a file is of, where machines share a folder. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const NAME = /^\.danqing-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.tmp$/;

/** Those that this process is writing. */
const own = new Set<string>();

/** A new name for a file that is not finished yet, in the folder where it will stand; `forgetTemporary` when it is gone. */
export function temporaryPath(folder: string): string {
  const name = `.danqing-${HOST}-${process.pid}-${randomBytes(8).toString('hex')}.tmp`;
  own.add(name);
  return join(folder, name);
}

/** The file has its own name now, or was removed. */
export function forgetTemporary(path: string): void {
  own.delete(basename(path));
}

/**
 * Removes what processes left behind that were killed while they wrote into a folder; files of processes that run, and
 * of other machines, stay.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, host, pid] = NAME.exec(name) ?? [];
    if (host !== HOST || isRunning(Number(pid), name)) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isFile() === true) await unlink(path).catch(() => undefined);
  }
}

function isRunning(pid: number, name: string): boolean {
  if (pid === process.pid) return own.has(name);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be signalled, but it runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
