import { DanqingError } from '@danqing/engine/errors';
import type { CatalogueLink, Link, LookUp } from './source.ts';

/** A site whose models can only be fetched with its own pages. */
export interface Elsewhere {
  readonly title: string;
  /** The same for all links to one model. */
  readonly canonical: string;
  /** Whether a link of the catalogue leads to the same model there. */
  readonly isSame: (url: string) => boolean;
}

/** A link that ends with an explanation, and with other links to the model where the catalogue has them (DL-05). */
export const explainElsewhere = (elsewhere: Elsewhere): Link => ({
  canonical: elsewhere.canonical,
  lookUp: async ({ catalogue = [] }: LookUp) => {
    const others = otherLinks(elsewhere, catalogue);
    const instead =
      others.length === 0
        ? 'Download it there with a browser and put it into the folder of models, or search for it with `danqing search`.'
        : `The same model is at ${others.map(({ name, url }) => `${url} (${name})`).join(', ')}.`;
    throw new DanqingError('unsupported', {
      where: elsewhere.title,
      expected: 'a site that gives models to programs',
      found: 'one that gives them to browsers only',
      advice: instead,
    });
  },
});

function otherLinks({ isSame }: Elsewhere, catalogue: readonly CatalogueLink[]): CatalogueLink[] {
  const names = new Set(catalogue.filter(({ url }) => isSame(url)).map(({ name }) => name));
  return catalogue.filter(({ name, url }) => names.has(name) && !isSame(url));
}
