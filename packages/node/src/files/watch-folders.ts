import { type FSWatcher, watch } from 'node:fs';

/**
 * Watches folders, each by itself, and tells which one something changed in. A system may refuse to watch many, and does not hear what
 * other machines change on a network drive: `isComplete` says whether all are watched, and who must not miss anything looks again now and
 * then.
 */
export class FolderWatch {
  readonly #onChange: (folder: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #refused = new Set<string>();

  constructor(onChange: (folder: string) => void) {
    this.#onChange = onChange;
  }

  get isComplete(): boolean {
    return this.#refused.size === 0;
  }

  /** Watches these folders and no others. */
  set(folders: Iterable<string>): void {
    const wanted = new Set(folders);
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#drop(folder);
    this.#refused.clear();
    this.add(wanted);
  }

  /** Watches these folders too. */
  add(folders: Iterable<string>): void {
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  close(): void {
    for (const folder of this.#watchers.keys()) this.#drop(folder);
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#onChange(folder));
      watcher.on('error', () => {
        // It was taken away, or its drive was.
        this.#drop(folder);
        this.#onChange(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      this.#refused.add(folder);
    }
  }

  #drop(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
