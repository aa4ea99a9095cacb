import type { CatalogueEntry } from '@danqing/contract/catalogue';
import type { Words } from '@danqing/engine/words';

/** Checkpoints that others are trained from, by their ids in the catalogue. */
const BASES: readonly string[] = [
  'stable-diffusion-1-5',
  'stable-diffusion-2',
  'stable-diffusion-xl',
  'flux1-dev',
  'animfull-final-pruned',
];

/** What a well-known checkpoint is better for, training or pictures (CK-04); undefined for other kinds of models. */
export function adviseUse({ id, kind }: Pick<CatalogueEntry, 'id' | 'kind'>): Words | undefined {
  if (kind !== 'checkpoint') return undefined;
  if (BASES.includes(id)) {
    return {
      en: 'Train on this one: what is learned on a base fits everything that was made from it. For pictures, fine-tunes of it mostly look better.',
      zh: '适合作训练底模：在底模上训练的结果，由它衍生的模型都能用。只出图的话，用微调模型通常更好看。',
    };
  }
  return {
    en: 'Made for pictures. For training, take the base that it was made from: what is learned on a fine-tune often fits only that one.',
    zh: '适合出图。训练请用它所基于的底模：在微调模型上训练的结果，往往只适合这一个模型。',
  };
}
