import { readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';
import { writingTrouble } from '../../files/writing-trouble.ts';

/** A lock that its owner has not touched for so long was left behind, whoever has its process number now. */
const STALE_MS = 60_000;
const TOUCH_MS = 10_000;

/**
 * Makes sure that only one program at a time writes a part.
 * @returns what ends the claim.
 * @throws io when another one is at work.
 */
export async function lockPart(partPath: string): Promise<() => Promise<void>> {
  const path = `${partPath}.lock`;
  for (let tries = 0; !(await claim(path)); tries++) {
    if (tries > 2 || !(await isStale(path))) throw busyTrouble(partPath);
    await unlink(path).catch(() => {});
  }
  const timer = setInterval(() => void touch(path), TOUCH_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await unlink(path).catch(() => {});
  };
}

async function claim(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw writingTrouble(path, error);
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

const busyTrouble = (partPath: string): DanqingError =>
  new DanqingError('io', {
    where: partPath,
    expected: 'a download that nobody else is busy with',
    found: 'that this one is running already',
    advice: 'Wait for it, or stop the other program.',
  });
