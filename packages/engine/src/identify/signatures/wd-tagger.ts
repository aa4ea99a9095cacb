import type { Signature } from '../signature.ts';

/** Number of tags of the published models. */
const TAG_COUNTS = [9083, 10_861];

/** A tagger of the WD14 line as torch weights. */
export const wdTagger: Signature = {
  id: 'wd-tagger',
  kind: 'tagger',
  title: { en: 'WD tagger', zh: 'WD 标签模型' },
  evidence: [
    { anyOf: [{ has: 'head.weight' }, { has: 'head.fc.weight' }], says: { en: 'one output layer', zh: '单一输出层' } },
    {
      anyOf: TAG_COUNTS.flatMap((count) => [
        { has: 'head.weight', sizes: { 0: count } },
        { has: 'head.fc.weight', sizes: { 0: count } },
      ]),
      says: { en: 'as many outputs as the tagger has tags', zh: '输出数等于标签数' },
    },
  ],
};
