import type { Signature } from '../signature.ts';

/** Flux.1 Redux: turns a picture into prompt tokens. */
export const redux: Signature = {
  id: 'redux',
  kind: 'ip-adapter',
  title: { en: 'Redux', zh: 'Redux' },
  evidence: [
    { has: 'redux_up.weight', says: { en: 'a layer that widens picture vectors', zh: '放宽图像向量的层' } },
    { has: 'redux_down.weight', says: { en: 'and one that narrows them', zh: '以及收窄的层' } },
  ],
  fits: [{ families: ['flux1'] }],
};
