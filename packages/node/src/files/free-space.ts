import { statfs } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';

/** Left free for the system and for what other programs write meanwhile. */
const RESERVE_BYTES = 256 * 2 ** 20;

/**
 * Makes sure that a folder's disk has room for so many more bytes. Disks that do not say how much is free are taken to have enough.
 * @throws io with the numbers.
 */
export async function checkFreeSpace(folder: string, neededBytes: number): Promise<void> {
  const freeBytes = await freeSpace(folder);
  if (freeBytes === undefined || neededBytes + RESERVE_BYTES <= freeBytes) return;
  throw new DanqingError('io', {
    where: folder,
    expected: `room for ${inGib(neededBytes)}, and some to spare`,
    found: `${inGib(freeBytes)} free`,
    advice: 'Make room, or choose a folder on another disk.',
  });
}

async function freeSpace(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}

const inGib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
