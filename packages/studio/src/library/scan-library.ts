import type { ModelRow, ModelTable, RowStamp } from '../db/model-table.ts';
import type { FoundFolders } from './find-folders.ts';
import { isInside } from './is-inside.ts';
import type { ScanThread } from './library-threads.ts';
import type { ListedModel, Listing } from './list-models.ts';
import { unreadRow } from './model-row.ts';
import type { Notice } from './notice.ts';
import type { ScanRequest, ScanResult } from './scan-thread-work.ts';

/** What a scan changed. */
export interface ScanReport {
  /** Models that are there now, among what was scanned. */
  readonly models: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** What is wrong with folders and names; what is wrong with a model stands with the model. */
  readonly notices: readonly Notice[];
  /** Folders that were entered. */
  readonly folders: readonly string[];
  /** Files that cannot be read and were being written a moment ago. */
  readonly unfinished: readonly string[];
}

export interface ScanOptions {
  /** Only this folder and what is in it. */
  readonly below?: string | undefined;
  /** Look into every file again, also where nothing changed. */
  readonly again?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told how many of the models that have to be looked into were. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Models that a thread gets at once. */
const BATCH = 100;
/** A thread that says nothing for so long has met a disk that does not answer, or a file made to keep it busy. */
const SILENCE_MS = 10_000;
const SILENCE_FOR_ONE_MS = 5000;
/** A broken file that changed so recently is taken for one that is being written. */
const FRESH_MS = 10_000;

/**
 * Brings the table of models up to date with the folders: lists them, looks into what is new or changed, and removes what is gone. What
 * lies on a drive that is away is kept. One bad file is a notice and holds up nothing.
 * @param threads at least one; all work side by side.
 */
export async function scanLibrary(
  { folders, away }: FoundFolders,
  table: ModelTable,
  threads: readonly ScanThread[],
  { below, again = false, signal, onProgress }: ScanOptions = {},
): Promise<ScanReport> {
  const { models: listed, ...listing } = await list(threads[0]!, { do: 'list', folders, below }, signal);
  const known = new Map(table.stamps().map((row) => [row.path, row]));
  const work = listed.filter((model) => again || !holds(model, known.get(model.path)));
  const here = new Set(listed.map(({ path }) => path));
  const gone = [...known.values()].filter(
    ({ path }) => !here.has(path) && (below === undefined || isInside(path, below)),
  );
  const isKept = ({ path, root }: RowStamp): boolean =>
    away.includes(root) ||
    listing.notices.some((notice) => notice.type === 'unreadable' && isInside(path, notice.path));
  const removed = gone.filter((row) => !isKept(row));
  table.remove(removed.map(({ path }) => path));
  table.setAway(
    gone.filter((row) => row.away === 0 && isKept(row)).map(({ path }) => path),
    true,
  );
  table.setAway(
    listed.filter(({ path }) => known.get(path)?.away === 1).map(({ path }) => path),
    false,
  );

  const unfinished: string[] = [];
  const queue = [...work];
  let done = 0;
  const take = (rows: readonly ModelRow[]): void => {
    const told = rows.map((row) => markUnfinished(row, unfinished));
    table.put(told);
    done += rows.length;
    onProgress?.(done, work.length);
  };
  onProgress?.(0, work.length);
  // A few models are not worth the start of more threads.
  const hands = threads.slice(0, Math.max(1, Math.ceil(work.length / BATCH)));
  await Promise.all(hands.map(async (thread) => inspectAll(thread, queue, take, signal)));
  const added = work.filter(({ path }) => !known.has(path)).length;
  return {
    models: listed.length,
    added,
    changed: work.length - added,
    removed: removed.length,
    notices: listing.notices,
    folders: listing.folders,
    unfinished,
  };
}

async function list(
  thread: ScanThread,
  request: ScanRequest & { readonly do: 'list' },
  signal: AbortSignal | undefined,
): Promise<Listing> {
  const models: ListedModel[] = [];
  const result = await thread.call(request, {
    signal,
    onProgress: (progress) => void (progress.do === 'list' && models.push(...progress.models)),
  });
  const { folders, notices } = result as ScanResult & { readonly do: 'list' };
  return { models, folders, notices };
}

function holds(model: ListedModel, row: RowStamp | undefined): boolean {
  if (row === undefined) return false;
  const { name, folder, root, stamp, sideStamp } = model;
  return (
    row.stamp === stamp &&
    row.sideStamp === sideStamp &&
    row.name === name &&
    row.folder === folder &&
    row.root === root
  );
}

/** Takes models off the queue until it is empty. A model that its thread does not survive is passed over. */
async function inspectAll(
  thread: ScanThread,
  queue: ListedModel[],
  take: (rows: readonly ModelRow[]) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let batch = queue.splice(0, BATCH); batch.length > 0; batch = queue.splice(0, BATCH)) {
    const left = new Map(batch.map((model) => [model.path, model]));
    const inspect = async (models: readonly ListedModel[], silenceMs: number): Promise<void> => {
      await thread.call(
        { do: 'inspect', models },
        {
          signal,
          silenceMs,
          onProgress(progress) {
            if (progress.do !== 'inspect') return;
            for (const { path } of progress.rows) left.delete(path);
            take(progress.rows);
          },
        },
      );
    };
    try {
      await inspect(batch, SILENCE_MS);
    } catch {
      signal?.throwIfAborted();
      // One of those left is to blame: they are tried one by one.
      for (const model of Array.from(left.values())) {
        try {
          await inspect([model], SILENCE_FOR_ONE_MS);
        } catch (error) {
          signal?.throwIfAborted();
          take([unreadRow(model, error as Error)]);
        }
      }
    }
  }
}

/** A file that is broken and has just changed is not finished, and is looked at again. */
function markUnfinished(row: ModelRow, unfinished: string[]): ModelRow {
  const notices = JSON.parse(row.notices) as Notice[];
  const isBroken = notices.some(
    ({ type, path }) => path === row.path && (type === 'bad-file' || type === 'unreadable'),
  );
  if (!isBroken || Date.now() - row.changedMs > FRESH_MS) return row;
  unfinished.push(row.path);
  const says = {
    en: 'It cannot be read yet; it seems that it is still being written.',
    zh: '暂时无法读取，文件似乎仍在写入。',
  };
  // Without a stamp it is looked into again in any case.
  return { ...row, stamp: '', notices: JSON.stringify([{ type: 'unfinished', path: row.path, says }]) };
}
