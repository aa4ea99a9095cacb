import { DanqingError } from '@danqing/engine/errors';
import type { TransferProgress } from '@danqing/node/network/transfer/speed-meter';
import type { Downloaded } from './download.ts';
import type { Downloads, FetchOptions } from './downloads.ts';

export type QueuedState = 'waiting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

/** A download among others, as it is at the moment. */
export interface QueuedDownload {
  readonly id: number;
  /** Without what may be secret in the link. */
  readonly link: string;
  readonly state: QueuedState;
  /** What it is called where it comes from. */
  readonly title?: string;
  readonly progress?: TransferProgress;
  readonly results?: readonly Downloaded[];
  readonly error?: Error;
}

export interface QueueOptions {
  /** How many run at the same time; each has several connections. */
  readonly atOnce?: number;
  readonly onChange?: (download: QueuedDownload) => void;
}

interface Entry {
  download: QueuedDownload;
  readonly text: string;
  readonly options: FetchOptions;
  control: AbortController;
}

/** Several downloads, some at a time in the order they were asked for; each can be paused, resumed and cancelled. */
export class DownloadQueue {
  readonly #downloads: Downloads;
  readonly #atOnce: number;
  readonly #onChange: ((download: QueuedDownload) => void) | undefined;
  readonly #entries = new Map<number, Entry>();
  readonly #running = new Map<number, Promise<void>>();
  #nextId = 1;

  constructor(downloads: Downloads, { atOnce = 2, onChange }: QueueOptions = {}) {
    this.#downloads = downloads;
    this.#atOnce = atOnce;
    this.#onChange = onChange;
  }

  get all(): QueuedDownload[] {
    return [...this.#entries.values()].map(({ download }) => download);
  }

  /** Puts a link at the end; one that is under way already is not begun twice. @throws bad-value for what is no link. */
  add(text: string, options: FetchOptions = {}): QueuedDownload {
    const link = this.#downloads.read(text).canonical;
    const same = this.all.find((each) => each.link === link && ['waiting', 'running', 'paused'].includes(each.state));
    if (same !== undefined) return same;
    const id = this.#nextId++;
    const entry: Entry = { download: { id, link, state: 'waiting' }, text, options, control: new AbortController() };
    this.#entries.set(id, entry);
    this.#onChange?.(entry.download);
    this.#advance();
    return entry.download;
  }

  /** Stops a download; what is there stays. */
  pause(id: number): void {
    this.#stop(id, 'paused');
  }

  /** Goes on with one that was paused or failed. */
  resume(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || !['paused', 'failed'].includes(entry.download.state)) return;
    entry.control = new AbortController();
    const { error: _, ...rest } = entry.download;
    this.#change(entry, { ...rest, state: 'waiting' });
    this.#advance();
  }

  /** Stops a download and removes what is there of it. */
  async cancel(id: number): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined || ['done', 'cancelled'].includes(entry.download.state)) return;
    this.#stop(id, 'cancelled');
    await this.#running.get(id);
    await this.#downloads.discard(entry.text, entry.options.to);
  }

  /** Returns when nothing runs or waits any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  #stop(id: number, state: 'paused' | 'cancelled'): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || ['done', 'cancelled', state].includes(entry.download.state)) return;
    this.#change(entry, { ...entry.download, state });
    entry.control.abort(stopped(entry.download.link, state));
  }

  #advance(): void {
    for (const entry of this.#entries.values()) {
      if (this.#running.size >= this.#atOnce) return;
      // One that was paused and resumed at once may still be ending.
      if (entry.download.state === 'waiting' && !this.#running.has(entry.download.id)) this.#begin(entry);
    }
  }

  #begin(entry: Entry): void {
    const { id } = entry.download;
    this.#change(entry, { ...entry.download, state: 'running' });
    const run = this.#run(entry, entry.control.signal).finally(() => {
      this.#running.delete(id);
      this.#advance();
    });
    this.#running.set(id, run);
  }

  async #run(entry: Entry, signal: AbortSignal): Promise<void> {
    const { text, options } = entry;
    const isCurrent = (): boolean => !signal.aborted && entry.download.state === 'running';
    try {
      const results = await this.#downloads.fetch(text, {
        ...options,
        signal,
        onEvent: (event) => {
          options.onEvent?.(event);
          if (!isCurrent()) return;
          const { title } = event.type === 'found' ? event.offer : {};
          if (title !== undefined) this.#change(entry, { ...entry.download, title });
          if (event.type === 'progress') this.#change(entry, { ...entry.download, progress: event.progress });
        },
      });
      // Whatever was asked in the last moment came too late.
      this.#change(entry, { ...entry.download, state: 'done', results });
    } catch (error) {
      if (isCurrent()) this.#change(entry, { ...entry.download, state: 'failed', error: error as Error });
    }
  }

  #change(entry: Entry, download: QueuedDownload): void {
    entry.download = download;
    this.#onChange?.(download);
  }
}

const stopped = (where: string, state: 'paused' | 'cancelled'): DanqingError =>
  new DanqingError('cancelled', { where, expected: 'to go on', found: `that it was ${state}` });
