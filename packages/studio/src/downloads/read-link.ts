import { DanqingError } from '@danqing/engine/errors';
import type { Catalogue } from '../library/catalogue.ts';
import type { Endpoints } from './sites.ts';
import type { Link, Source } from './source.ts';
import { sources } from './sources/index.ts';

/**
 * Understands whatever people copy from somewhere: a link, the name of a repository, a short name, a name of the catalogue.
 * @throws bad-value when it is nothing of that; what a source throws for links of its own to something else.
 */
export function readLink(text: string, endpoints: Endpoints, catalogue?: Catalogue): Link {
  const { plainUrl, ...specific } = sources;
  const order: readonly Source[] = [...Object.values(specific), plainUrl];
  for (const source of order) {
    const link = source.read(text, endpoints);
    if (link !== undefined) return link;
  }
  const entry = catalogue?.named(text);
  const [known] = entry === undefined ? [] : catalogue!.fetchable(entry);
  if (known !== undefined) return readLink(known, endpoints);
  throw new DanqingError('bad-value', {
    where: 'the link',
    expected: `something like ${order.map(({ examples }) => examples[0]).join(', ')}`,
    found: `“${text.slice(0, 100).replace(/[?#].*$/s, '')}”`,
  });
}
