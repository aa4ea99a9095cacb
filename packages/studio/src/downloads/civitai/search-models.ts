import { DanqingError } from '@danqing/engine/errors';
import { readKind } from '../read-kind.ts';
import type { CivitaiClient, CivitaiPage, CivitaiSearch } from './civitai-client.ts';
import { civitaiTypes } from './model-types.ts';
import { pageFacts, type PageFacts } from './page-facts.ts';

/** What to search for, in our words (DL-06). */
export interface ModelSearch extends Omit<CivitaiSearch, 'types'> {
  /** By our names or Civitai's. */
  readonly kinds?: readonly string[];
}

/** Models on Civitai with the facts and example pictures of their newest versions; those without a version are left out. */
export async function searchModels(
  client: CivitaiClient,
  { kinds = [], ...search }: ModelSearch,
  signal?: AbortSignal,
): Promise<CivitaiPage<PageFacts>> {
  const { limit = 20 } = search;
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    const expected = 'a whole number from 1 to 100';
    throw new DanqingError('bad-value', { where: 'the limit', expected, found: String(limit) });
  }
  const types = kinds.flatMap((kind) => civitaiTypes[readKind(kind)] ?? []);
  const page = await client.search({ ...search, types }, signal);
  return { ...page, items: page.items.flatMap((model) => pageFacts(model, client.endpoint) ?? []) };
}
