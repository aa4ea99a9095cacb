import { readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { makeFolder } from '../../files/make-folder.ts';
import { writingTrouble } from '../../files/writing-trouble.ts';

/** A lock that its owner has not touched for so long was left behind, whoever has its process number now. */
const STALE_MS = 60_000;
const TOUCH_MS = 10_000;

/** How often a claim is made again, after a claim left behind or a folder that went away. */
const TRIES = 4;

/**
 * Makes sure that only one program at a time writes a part; its folder is made where it is missing.
 * @returns what ends the claim.
 * @throws io when another one is at work.
 */
export async function lockPart(partPath: string): Promise<() => Promise<void>> {
  const path = `${partPath}.lock`;
  await claim(path, TRIES);
  const timer = setInterval(() => void touch(path), TOUCH_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await unlink(path).catch(() => {});
  };
}

async function claim(path: string, tries: number): Promise<void> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const again = tries > 1;
    // A download that ends removes the folder when nothing is in it.
    if (code === 'ENOENT' && again) await makeFolder(dirname(path));
    else if (code !== 'EEXIST') throw writingTrouble(path, error);
    else if (again && (await isStale(path))) await unlink(path).catch(() => {});
    else throw busyTrouble(path);
    await claim(path, tries - 1);
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const owner = Number(await readFile(path, 'utf8'));
    // An empty file is a claim that is just being made.
    return owner > 0 && !isAlive(owner);
  } catch {
    return true;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}

const busyTrouble = (path: string): DanqingError =>
  new DanqingError('io', {
    where: path,
    expected: 'a download that nobody else is busy with',
    found: 'that this one is running already',
    advice: 'Wait for it, or stop the other program.',
  });
