import type { Words } from '../words.ts';
import type { KindId } from './identification.ts';

/** A kind of model file: one file of `kinds/`. */
export interface Kind {
  readonly id: KindId;
  readonly title: Words;
  /** Folder that it belongs in, below the folder of all models; undefined where it belongs in none. */
  readonly folder: string | undefined;
  /** Usual size in bytes; undefined where every size is. */
  readonly usualBytes: readonly [least: number, most: number] | undefined;
  /** What one does with it; NAME stands for that of the file. */
  readonly use: Words;
}

export const KB = 1000;
export const MB = 1000 * KB;
export const GB = 1000 * MB;
