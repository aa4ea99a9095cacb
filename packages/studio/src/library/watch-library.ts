import { dirname } from 'node:path';
import { FolderWatch } from '@danqing/node/files/watch-folders';
import type { Library } from './library.ts';
import type { ScanReport } from './scan-library.ts';

export interface WatchOptions {
  /** Told of every scan that changed something. */
  readonly onChange?: (report: ScanReport) => void;
  /** Told of a scan that failed; watching goes on. */
  readonly onError?: (error: unknown) => void;
  /** How often everything is looked at, for drives that come and go and folders that the system does not watch. */
  readonly everyMs?: number;
}

/** Changes come in swarms: a scan waits until none came for so long, but not for ever. */
const QUIET_MS = 300;
const PATIENCE_MS = 3000;
/** A file that is being written is looked at again after this time. */
const AGAIN_MS = 1000;
/** With changes in more folders than this, a whole scan is quicker. */
const FOLDERS_AT_ONCE = 20;

/**
 * Keeps a library up to date with its folders while the program runs: scans it at the start, whatever changes when it changes, and
 * everything now and then.
 */
export class LibraryWatch {
  readonly #library: Library;
  readonly #options: WatchOptions;
  readonly #watch = new FolderWatch((folder) => this.#note(folder));
  readonly #changed = new Set<string>();
  #since: number | undefined;
  #quiet: NodeJS.Timeout | undefined;
  #regular: NodeJS.Timeout | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(library: Library, options: WatchOptions = {}) {
    this.#library = library;
    this.#options = options;
  }

  /** Scans everything and begins to watch. @throws what the scan throws. */
  async start(): Promise<ScanReport> {
    const report = await this.#scanAll();
    this.#regular = setInterval(() => void this.#tryTo(() => this.#scanAll()), this.#options.everyMs ?? 60_000).unref();
    return report;
  }

  /** Stops watching; a scan that runs comes to its end. */
  close(): void {
    this.#closed = true;
    this.#watch.close();
    clearTimeout(this.#quiet);
    clearTimeout(this.#again);
    clearInterval(this.#regular);
  }

  #note(folder: string): void {
    if (this.#closed) return;
    this.#changed.add(folder);
    this.#since ??= Date.now();
    const wait = Date.now() - this.#since > PATIENCE_MS ? 0 : QUIET_MS;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => void this.#tryTo(() => this.#scanChanged()), wait).unref();
  }

  async #scanChanged(): Promise<void> {
    const folders = [...this.#changed];
    this.#changed.clear();
    this.#since = undefined;
    // Where folders of models themselves come and go, the list of them changes.
    const isWhole = folders.length > FOLDERS_AT_ONCE || folders.some((folder) => !this.#library.isInModels(folder));
    if (isWhole) await this.#scanAll();
    else for (const below of folders) this.#take(await this.#library.refresh({ below }), false);
  }

  async #scanAll(): Promise<ScanReport> {
    const report = await this.#library.refresh();
    this.#take(report, true);
    return report;
  }

  #take(report: ScanReport, isWhole: boolean): void {
    if (this.#closed) return;
    if (isWhole) this.#watch.set([...report.folders, ...this.#library.folders.map(({ root }) => root)]);
    else this.#watch.add(report.folders);
    if (report.unfinished.length > 0) {
      const folders = report.unfinished.map((path) => dirname(path));
      clearTimeout(this.#again);
      this.#again = setTimeout(() => folders.forEach((folder) => this.#note(folder)), AGAIN_MS).unref();
    }
    if (report.added + report.changed + report.removed > 0) this.#options.onChange?.(report);
  }

  async #tryTo(scan: () => Promise<unknown>): Promise<void> {
    try {
      await scan();
    } catch (error) {
      if (!this.#closed) this.#options.onError?.(error);
    }
  }
}
