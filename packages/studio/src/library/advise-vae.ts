import type { CatalogueEntry } from '@danqing/contract/catalogue';
import type { Identification } from '@danqing/engine/identify/identification';
import type { Words } from '@danqing/engine/words';
import { findKnownModel } from '../downloads/known-models.ts';
import type { Catalogue } from './catalogue.ts';

/** What is to be said of the VAE of a checkpoint that draws with its own, and a better one. */
export interface VaeAdvice {
  readonly trouble: 'missing' | 'weak';
  readonly says: Words;
  /** Name that `danqing download` knows a better one by, where it knows one. */
  readonly get?: string;
}

/** VAEs that fit a family and are widely used, by their ids in the catalogue, the most general first. */
const WIDELY_USED: Readonly<Record<string, readonly string[]>> = {
  sd1: ['vae-ft-mse-840000-ema-pruned', 'kl-f8-anime'],
  sd2: ['vae-ft-mse-840000-ema-pruned'],
};

/**
 * Advises a VAE for a checkpoint that has none inside, or one that the catalogue wants replaced (CK-03); undefined where nothing is
 * to be said.
 * @param entry the checkpoint in the catalogue, where it is known.
 */
export function adviseVae(
  { kind, bakedVae, families }: Identification,
  entry: CatalogueEntry | undefined,
  catalogue: Catalogue,
): VaeAdvice | undefined {
  if (kind !== 'checkpoint') return undefined;
  const paired = vaesOf([...(entry?.pairWith ?? []), ...(entry?.needs ?? [])], catalogue);
  if (bakedVae !== false) {
    return paired.length === 0
      ? undefined
      : { trouble: 'weak', says: insteadOf(paired), ...getting(paired, catalogue) };
  }
  const widely = vaesOf(
    families.flatMap(({ id }) => WIDELY_USED[id] ?? []),
    catalogue,
  );
  const fitting = paired.length > 0 ? paired : widely;
  return { trouble: 'missing', says: without(fitting), ...getting(fitting, catalogue) };
}

const vaesOf = (ids: readonly string[], catalogue: Catalogue): CatalogueEntry[] =>
  ids.flatMap((id) => catalogue.get(id) ?? []).filter(({ kind }) => kind === 'vae');

const insteadOf = (vaes: readonly CatalogueEntry[]): Words => {
  const names = vaes.map(({ name }) => name);
  return {
    en: `With its own, pictures may be dark or pale; recommended with this model: ${names.join(' or ')}.`,
    zh: `只用内置的，画面可能偏暗或发灰；此模型推荐搭配：${names.join(' 或 ')}。`,
  };
};

const without = (vaes: readonly CatalogueEntry[]): Words => {
  const names = vaes.map(({ name }) => name);
  return {
    en: `Without one, colours and details are poor.${names.length === 0 ? '' : ` Fitting: ${names.join(', ')}.`}`,
    zh: `没有 VAE，色彩和细节都会很差。${names.length === 0 ? '' : `可用：${names.join('、')}。`}`,
  };
};

/** The first of them that can be fetched. */
function getting(vaes: readonly CatalogueEntry[], catalogue: Catalogue): Pick<VaeAdvice, 'get'> {
  const one = vaes.find((entry) => findKnownModel(entry.id) !== undefined || catalogue.fetchable(entry).length > 0);
  return one === undefined ? {} : { get: one.id };
}
