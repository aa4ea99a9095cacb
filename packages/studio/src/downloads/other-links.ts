import { DanqingError } from '@danqing/engine/errors';
import { HttpTrouble } from '@danqing/node/network/http-trouble';
import type { Catalogue } from '../library/catalogue.ts';
import { readLink } from './read-link.ts';
import type { Endpoints } from './sites.ts';
import type { Choice, Link } from './source.ts';

/** The model that a link leads to, as the catalogue knows it. */
export interface OtherWays {
  readonly name: string;
  /** Links to it at other places that programs can fetch from. */
  readonly links: readonly Choice[];
}

/** Whether a model might be had elsewhere: its site gives nothing to programs, or cannot be reached (DL-05). */
export const isOutOfReach = (error: unknown): error is DanqingError =>
  (error instanceof DanqingError && error.code === 'unsupported') ||
  (error instanceof HttpTrouble && error.code === 'network');

/** Other ways to the model of a link; undefined when the catalogue does not know the link. */
export function otherWays(link: Link, catalogue: Catalogue, endpoints: Endpoints): OtherWays | undefined {
  const isSame = (url: string): boolean => readLink(url, endpoints).canonical === link.canonical;
  const entry = catalogue.entries.find(({ links = [] }) => links.some(({ url }) => isSame(url)));
  if (entry === undefined) return undefined;
  const others = catalogue.fetchable(entry).filter((url) => !isSame(url));
  const links = others.map((url) => ({ name: `${entry.name}: ${new URL(url).host}`, link: url }));
  return { name: entry.name, links };
}

/** The same trouble, with what to do where nobody can be asked. */
export function withOtherWays({ code, trouble }: DanqingError, { name, links }: OtherWays): DanqingError {
  const others = links.map(({ link }) => link).join(' and ');
  const also =
    others === '' ? `Look for ${name} with \`danqing search\`.` : `The same model is at ${others} (${name}).`;
  return new DanqingError(code, { ...trouble, advice: `${trouble.advice ?? ''} ${also}`.trim() });
}
