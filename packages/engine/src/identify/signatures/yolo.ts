import type { Signature } from '../signature.ts';

/** YOLO: finds things, for detailers. */
export const yolo: Signature = {
  id: 'yolo',
  kind: 'annotator',
  title: { en: 'YOLO detector', zh: 'YOLO 目标检测' },
  evidence: [
    {
      anyOf: [{ has: 'model.model.0.conv.weight' }, { has: 'model.0.conv.weight' }],
      says: { en: 'a first block', zh: '首个块' },
    },
    {
      anyOf: [{ has: 'model.model.22.*' }, { has: 'model.22.*' }, { has: 'model.model.23.*' }, { has: 'model.23.*' }],
      says: { en: 'a head with boxes', zh: '检测头' },
    },
  ],
};
