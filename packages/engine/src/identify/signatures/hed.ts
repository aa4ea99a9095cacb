import type { Signature } from '../signature.ts';

/** HED: soft edges. */
export const hed: Signature = {
  id: 'hed',
  kind: 'annotator',
  title: { en: 'HED edge detector', zh: 'HED 边缘检测' },
  evidence: [
    {
      anyOf: [
        { has: 'netVggOne.*' },
        { has: 'module_bgr.*' },
        { has: 'block1.convs.0.weight' },
        { has: 'netNetwork.*' },
      ],
      says: { en: 'levels that each draw edges', zh: '各级分别输出边缘' },
    },
    {
      anyOf: [{ has: 'netCombine.*' }, { has: 'block5.projection.weight' }, { has: 'block1.projection.weight' }],
      says: { en: 'projections of their edges', zh: '边缘投影' },
    },
  ],
};
