import type { Signature } from '../signature.ts';

/** DeepDanbooru in torch. */
export const deepbooru: Signature = {
  id: 'deepbooru',
  kind: 'tagger',
  title: { en: 'DeepDanbooru', zh: 'DeepDanbooru' },
  evidence: [
    { has: 'n_Conv_0.weight', says: { en: 'numbered convolutions', zh: '编号卷积' } },
    { has: 'n_Conv_178.weight', says: { en: '179 of them', zh: '共 179 层' } },
  ],
};
