import { DanqingError } from '@danqing/engine/errors';
import type { Link } from './source.ts';

/**
 * A link to a site whose models can only be fetched with its own pages: it ends with an explanation.
 * @param canonical the same for all links to one model.
 */
export const explainElsewhere = (title: string, canonical: string): Link => ({
  canonical,
  lookUp: async () => {
    throw new DanqingError('unsupported', {
      where: title,
      expected: 'a site that gives models to programs',
      found: 'one that gives them to browsers only',
      advice: 'Download it there with a browser and put it into the folder of models.',
    });
  },
});
