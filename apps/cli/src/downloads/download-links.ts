import type { QueuedDownload } from '@danqing/studio/downloads/download-queue';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import type { Messages } from '../messages/index.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { answers } from './ask.ts';
import { QueueProgress } from './queue-progress.ts';

export interface DownloadOptions {
  readonly to?: string;
  readonly kind?: string;
  readonly yes?: boolean;
  readonly allowPrivate?: boolean;
  readonly json?: boolean;
}

/**
 * Fetches everything that is named, two at a time; what fails keeps nothing else from being fetched.
 * @throws the trouble of the only link, or that of the first one that cannot be understood.
 */
export async function downloadLinks(
  links: readonly string[],
  { to, kind, yes = false, allowPrivate = false, json = false }: DownloadOptions,
  say: Messages['download'],
): Promise<void> {
  const { Downloads } = await import('@danqing/studio/downloads/downloads');
  const { DownloadQueue } = await import('@danqing/studio/downloads/download-queue');
  const { readKind } = await import('@danqing/studio/downloads/read-kind');
  const downloads = await Downloads.open({ allowPrivate });
  const progress = new QueueProgress(json, say);
  const queue = new DownloadQueue(downloads, {
    onChange: (download) => {
      progress.show(queue.all);
      if (!json && download.state === 'done') printDone(download, progress, say);
    },
  });
  const typed = new Map<number, string>();
  let isStopped = false;
  const stopListening = onInterrupt(() => {
    isStopped = true;
    for (const { id } of queue.all) queue.pause(id);
  });
  const options = {
    to,
    ...(kind !== undefined && { kind: readKind(kind) }),
    ...answers(progress, { yes, json }, say),
    onEvent: progress.hear,
  };
  try {
    // A link that cannot be understood is told of before anything is fetched.
    for (const link of links) downloads.read(link);
    for (const link of links) typed.set(queue.add(link, options).id, withoutSecrets(link));
    await queue.settled();
  } finally {
    stopListening();
    progress.end();
    downloads.close();
  }
  report(queue.all, typed, isStopped, json, say);
}

function report(
  all: readonly QueuedDownload[],
  typed: ReadonlyMap<QueuedDownload['id'], string>,
  isStopped: boolean,
  json: boolean,
  say: Messages['download'],
): void {
  const failed = all.filter(({ state }) => state === 'failed');
  const [first] = failed;
  if (all.length === 1 && first?.error !== undefined) throw first.error;
  if (json) console.log(JSON.stringify(describe(all)));
  for (const { id, link, error } of failed)
    console.error(say.failed(typed.get(id) ?? link, error!).replaceAll(/\s*\n\s*/g, ' '));
  if (first !== undefined) process.exitCode = exitCodeOf(first.error);
  if (!isStopped) return;
  console.error(say.stopped);
  process.exitCode = EXIT.cancelled;
}

/** Some put a token into their links. */
const withoutSecrets = (link: string): string => (/token=/i.test(link) ? link.replace(/[?#].*$/s, '') : link);

function describe(all: readonly QueuedDownload[]): unknown {
  const models = all.flatMap(({ link, results = [] }) =>
    results.map(({ offer, ...rest }) => ({
      link,
      ...rest,
      ...(offer.page && { page: offer.page.href }),
      name: offer.title,
    })),
  );
  const errors = all.flatMap(({ link, error }) => {
    if (error === undefined) return [];
    const { code, message } = error as Error & { readonly code?: string };
    return [{ link, code: code ?? 'crashed', message }];
  });
  return { models, errors };
}

function printDone({ results = [] }: QueuedDownload, progress: QueueProgress, say: Messages['download']): void {
  progress.hide();
  for (const { path, existed, notes } of results) {
    console.log(existed ? say.here(path) : path);
    for (const note of notes) console.error(say.note(note));
  }
}
