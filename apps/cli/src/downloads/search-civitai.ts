import type { CivitaiPage } from '@danqing/studio/downloads/civitai/civitai-client';
import type { ModelPage, PageFacts } from '@danqing/studio/downloads/civitai/page-facts';
import type { Downloads } from '@danqing/studio/downloads/downloads';
import type { Messages } from '../messages/index.ts';
import { printBytes } from '../terminal/print-bytes.ts';
import { printColumns, printTable } from '../terminal/print-table.ts';

export interface SearchOptions {
  readonly kind?: readonly string[];
  readonly base?: readonly string[];
  readonly sort: 'rated' | 'downloaded' | 'newest';
  readonly period: 'all' | 'year' | 'month' | 'week' | 'day';
  readonly nsfw?: boolean;
  readonly limit: number;
  readonly after?: string;
  readonly images?: boolean;
  readonly json?: boolean;
}

type Say = Messages['search'];

const SORTS = { rated: 'Highest Rated', downloaded: 'Most Downloaded', newest: 'Newest' } as const;
const PERIODS = { all: 'AllTime', year: 'Year', month: 'Month', week: 'Week', day: 'Day' } as const;

/** Prints what is found for words, or the page of the model that a link or number means. */
export async function searchCivitai(words: string, options: SearchOptions, say: Say): Promise<void> {
  const { Downloads: Opened } = await import('@danqing/studio/downloads/downloads');
  const downloads = await Opened.open();
  try {
    const { readModelPage } = await import('@danqing/studio/downloads/civitai/read-model-page');
    const page = await readModelPage(downloads, words);
    if (page !== undefined) await printPage(page, options, say);
    else await printFound(await find(downloads, words, options), options, say);
  } finally {
    downloads.close();
  }
}

async function find(
  downloads: Downloads,
  words: string,
  { kind = [], base = [], sort, period, nsfw = false, limit, after }: SearchOptions,
): Promise<CivitaiPage<PageFacts>> {
  const { searchModels } = await import('@danqing/studio/downloads/civitai/search-models');
  return searchModels(downloads.civitai, {
    words,
    kinds: kind,
    baseModels: base,
    sort: SORTS[sort],
    period: PERIODS[period],
    nsfw,
    limit,
    ...(after !== undefined && { cursor: after }),
  });
}

async function printFound(
  { items, cursor, staleSince }: CivitaiPage<PageFacts>,
  { json }: SearchOptions,
  say: Say,
): Promise<void> {
  if (json === true) {
    console.log(JSON.stringify({ models: items, cursor, staleSince }));
    return;
  }
  const { showText } = await import('@danqing/studio/library/show-text');
  if (staleSince !== undefined) console.error(say.stale(staleSince.toISOString().slice(0, 10)));
  if (items.length === 0) {
    console.log(say.none);
    return;
  }
  const rows = items.map(({ kind, type = '', baseModel = '', downloads, file, name, page }) => [
    kind ?? type,
    showText(baseModel),
    downloads === undefined ? '' : String(downloads),
    file?.sizeBytes === undefined ? '' : printBytes(file.sizeBytes),
    showText(name),
    page,
  ]);
  console.log(printTable([say.kindHead, say.baseHead, say.downloads, say.size, say.name, say.page], rows));
  if (cursor !== undefined) console.log(say.more(cursor));
  console.log(say.get);
}

async function printPage({ facts, examples }: ModelPage, { json, images }: SearchOptions, say: Say): Promise<void> {
  if (json === true) {
    console.log(JSON.stringify({ ...facts, examples: examples.map(({ url, infotext }) => ({ url, infotext })) }));
    return;
  }
  const { showText } = await import('@danqing/studio/library/show-text');
  const { file, reviews } = facts;
  const badges = [
    file?.verified === true && say.verified,
    file?.safeTensor === true && say.safeTensor,
    facts.earlyAccess && say.earlyAccess,
  ].filter((badge) => badge !== false);
  const rows: (readonly [string, string | undefined])[] = [
    [say.name, facts.name],
    [say.version, facts.versionName],
    [say.type, facts.type],
    [say.creator, facts.creator],
    [say.baseHead, facts.baseModel],
    [say.uploaded, facts.uploaded?.slice(0, 10)],
    [say.downloads, facts.downloads?.toString()],
    [say.reviews, say.review(reviews.up, reviews.down, reviews.comments)],
    [say.trigger, facts.triggerWords.join(', ')],
    [say.file, file && `${file.name}${file.sizeBytes === undefined ? '' : `, ${printBytes(file.sizeBytes)}`}`],
    [say.hash, file?.autoV2],
    [say.badges, badges.join(', ')],
    [say.tags, facts.tags.join(', ')],
    [
      say.versions,
      facts.versions
        .filter(({ id }) => id !== facts.versionId)
        .map(({ id, name }) => `${name} (${id})`)
        .join(', '),
    ],
    [say.page, facts.page],
    [say.download, facts.download],
  ];
  const filled = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '');
  console.log(printColumns(filled.map(([key, value]) => [key, showText(value)])));
  if (facts.description !== undefined) console.log(`\n${facts.description.split('\n').map(showText).join('\n')}`);
  if (images !== true) return;
  for (const { url, infotext } of examples) {
    const data = infotext === undefined ? say.noData : infotext.split('\n').map(showText).join('\n');
    console.log(`\n${say.picture(url)}\n${data}`);
  }
}
