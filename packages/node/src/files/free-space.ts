import { statfs } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';

/** What is left free for others, and for what a file system needs beside a file's bytes. */
const RESERVE_BYTES = 16 << 20;

/**
 * Checks that a folder has room for a file before it is begun. Where the system cannot tell, it counts as enough.
 * @throws io naming what is free.
 */
export async function checkFreeSpace(folder: string, bytes: number): Promise<void> {
  const stats = await statfs(folder).catch(() => undefined);
  if (stats === undefined) return;
  const free = stats.bavail * stats.bsize;
  if (free >= bytes + RESERVE_BYTES) return;
  throw new DanqingError('io', {
    where: folder,
    expected: `room for a file of ${inGigabytes(bytes)}`,
    found: `${inGigabytes(Math.max(0, free))} free`,
    advice: 'Make room, or choose another disk. Nothing was written.',
  });
}

const inGigabytes = (bytes: number): string =>
  bytes < 1e8 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
