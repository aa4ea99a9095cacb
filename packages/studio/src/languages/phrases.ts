import { changeTroubles } from './change-troubles.ts';
import { containerTroubles } from './container-troubles.ts';
import { downloadTroubles } from './download-troubles.ts';
import { drawingTroubles } from './drawing-troubles.ts';
import { sentences } from './sentences.ts';
import { troubles } from './troubles.ts';

/** All that is said in Chinese, by its English. */
export const phrases: Readonly<Record<string, string>> = {
  ...troubles,
  ...drawingTroubles,
  ...containerTroubles,
  ...downloadTroubles,
  ...changeTroubles,
  ...sentences,
};
