import { adviseUse } from '@danqing/studio/library/advise-use';
import { categoriesOf } from '@danqing/studio/library/model-categories';
import type { CataloguedModel } from '@danqing/studio/library/search-catalogue';
import type { filesEn } from '../messages/files.ts';
import { printColumns, printTable } from '../terminal/print-table.ts';

type Say = typeof filesEn.catalogue;

/** Entries as a table; a single one with all that is known of it. */
export function printCatalogue(found: readonly CataloguedModel[], say: Say): string {
  if (found.length === 0) return say.none;
  if (found.length === 1) return printEntry(found[0]!, say);
  const rows = found.map(({ kind, category = '', name, purpose, installed }) => [
    installed.length > 0 ? '*' : '',
    say.kinds[kind] ?? kind,
    categoryTitle(kind, category, say),
    name,
    say.inWords(purpose),
  ]);
  const table = printTable(['', say.kindHead, say.categoryHead, say.name, say.purposeHead], rows);
  const marked = found.some(({ installed }) => installed.length > 0) ? `\n${say.mark}` : '';
  return `${table}\n${say.found(found.length)}${marked}`;
}

function printEntry(entry: CataloguedModel, say: Say): string {
  const { name, kind, category, purpose, advice, alsoCalled, base, nativeSize, triggerWords, links = [] } = entry;
  const { recommendedWeight: weight, cfg, clipSkip, bestWith, goesWith, mergeOf, fileName, hashes, installed } = entry;
  const use = adviseUse(entry);
  const range = (value: number | readonly number[] | undefined): string | undefined =>
    Array.isArray(value) ? say.to(String(value[0]), String(value[1])) : (value as number | undefined)?.toString();
  const list = (values: readonly string[] | undefined): string | undefined =>
    values === undefined || values.length === 0 ? undefined : values.join(', ');
  const rows: (readonly [string, string | undefined])[] = [
    [say.purposeHead, say.inWords(purpose)],
    [say.advice, advice && say.inWords(advice)],
    [say.bestUse, use && say.inWords(use)],
    [say.also, list(alsoCalled)],
    [say.base, base && [base, nativeSize?.join(' x ')].filter(Boolean).join(', ')],
    [say.trigger, list(triggerWords)],
    [say.weight, range(weight)],
    [say.cfg, range(cfg)],
    ['CLIP skip', clipSkip?.toString()],
    [say.needs, list(bestWith)],
    [say.pair, list(goesWith)],
    [say.merge, list(mergeOf)],
    [say.file, fileName],
    [say.hash, list([hashes?.autoV2, hashes?.shortHash].filter((hash) => hash !== undefined))],
    [say.installed, installed.length > 0 ? installed.join('\n') : say.notInstalled],
    [say.links, links.length === 0 ? undefined : [...new Set(links.map(({ url }) => url))].join('\n')],
  ];
  const told = rows.flatMap(([label, text]) => (text === undefined || text === '' ? [] : [[`  ${label}`, text]]));
  const sort = [say.kinds[kind] ?? kind, category && categoryTitle(kind, category, say)];
  return `${name}\n  ${list(sort.filter((each) => each !== undefined))}\n\n${printColumns(told)}`;
}

function categoryTitle(kind: string, id: string, say: Say): string {
  const known = categoriesOf(kind).find((category) => category.id === id);
  return known === undefined ? id : say.inWords(known.title);
}
