import type { BigIntStats } from 'node:fs';

/** Size, time of the last change and inode: as long as they stay, a file is taken to hold what it held. It follows a file that is moved. */
export const fileStamp = ({ size, mtimeNs, ino }: BigIntStats): string => `${size} ${mtimeNs} ${ino}`;

/** The same of a folder: size, time of the last change and number of all files in it. */
export const folderStamp = (sizeBytes: number, lastNs: bigint, files: number): string =>
  `${sizeBytes} ${lastNs} of ${files}`;

export const isFolderStamp = (stamp: string): boolean => stamp.includes(' of ');
