import { type FitInput, type FitReport, fitRequest } from '@danqing/contract/fit-report';
import { familyOf } from '@danqing/engine/detect-family';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { starterCheckpoint } from '../folders.ts';
import { errorInChinese } from '../languages/chinese.ts';
import { findHomeFolders } from '../library/home-folders.ts';
import { readRequest } from '../read-request.ts';
import { OpenAdapters } from './open-adapters.ts';

/**
 * Says of LoRAs and their kin how they fit a checkpoint, before anything is drawn: one that is refused, or not found, is an answer too.
 * @throws what reading the checkpoint throws.
 */
export async function reportFit(input: FitInput): Promise<FitReport[]> {
  const { checkpoint = starterCheckpoint, addOns, folders, prompt } = readRequest(fitRequest, input);
  const index = await readLastingIndex(checkpoint);
  const family = familyOf(index, families);
  const home = await findHomeFolders();
  const opened = new OpenAdapters();
  const reports: FitReport[] = [];
  for (const name of addOns) {
    const ask = {
      // Its tags are none of the question.
      prompt: prompt.replaceAll(/<[^>]*>/g, ''),
      stripComments: false,
      steps: 1,
      chosen: [{ name, weight: 1 }],
      folders: [...folders, ...home('lora', 'lycoris')],
      force: false,
    };
    try {
      const { notes, addOns: records } = await opened.gather(ask, index, family);
      reports.push({ name, fits: true, says: notes, record: records[0]! });
    } catch (error) {
      if (!(error instanceof DanqingError)) throw error;
      reports.push({ name, fits: false, says: [{ en: error.message, zh: errorInChinese(error) }] });
    }
  }
  return reports;
}
