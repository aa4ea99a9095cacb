import type { DownloadEvent } from '@danqing/studio/downloads/download';
import type { Messages } from '../messages/index.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { answers } from './ask.ts';
import { QueueProgress } from './queue-progress.ts';

export interface TrainingBaseOptions {
  readonly vae?: string;
  /** Largest base model, GiB. */
  readonly limit: number;
  readonly yes?: boolean;
  readonly allowPrivate?: boolean;
  readonly json?: boolean;
}

/** Makes sure that a base model, and a VAE where one is named, are there, and prints where. */
export async function fetchBase(
  model: string,
  { vae, limit, yes = false, allowPrivate = false, json = false }: TrainingBaseOptions,
  say: Messages['download'],
): Promise<void> {
  const { Downloads } = await import('@danqing/studio/downloads/downloads');
  const { fetchTrainingBase } = await import('@danqing/studio/downloads/training-base');
  const { cancellation } = await import('@danqing/studio/jobs/failure');
  const downloads = await Downloads.open({ allowPrivate });
  const progress = new QueueProgress(json, say);
  const stop = new AbortController();
  const stopListening = onInterrupt(() => stop.abort(cancellation()));
  const onEvent = (event: DownloadEvent): void => {
    progress.hear(event);
    if (event.type !== 'progress') return;
    progress.show([{ id: 1, link: event.file.name ?? model, state: 'running', progress: event.progress }]);
  };
  try {
    const found = await fetchTrainingBase(
      downloads,
      { base: model, ...(vae !== undefined && { vae }), limitBytes: limit * 2 ** 30 },
      { signal: stop.signal, onEvent, ...answers(progress, { yes, json }, say) },
    );
    progress.end();
    if (json) console.log(JSON.stringify(found));
    else for (const path of Object.values(found)) console.log(path);
  } finally {
    progress.end();
    stopListening();
    downloads.close();
  }
}
