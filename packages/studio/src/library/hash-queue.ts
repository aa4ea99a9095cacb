import { stat } from 'node:fs/promises';
import { DanqingError } from '@danqing/engine/errors';
import { fileStamp, isFolderStamp } from '@danqing/node/files/file-stamp';
import type { HashThread } from '@danqing/node/hashing/hash-thread';
import { type HashName, hashNames, type ModelHashes } from '@danqing/node/hashing/model-hashes';
import type { HashTable } from '../db/hash-table.ts';
import type { ModelTable } from '../db/model-table.ts';
import type { LibraryThreads } from './library-threads.ts';

/** How far the hashing in the background is. */
export interface HashingProgress {
  readonly path: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Models that still wait, this one among them, and their bytes. */
  readonly left: { readonly models: number; readonly bytes: number };
}

/** Models that are fetched from the table at once. */
const BATCH = 50;

/**
 * Computes the hashes of all models in the background, the small ones first, one file at a time. What is done is done: after an end at
 * any moment it goes on with the file it was at.
 */
export class HashQueue {
  readonly #models: ModelTable;
  readonly #hashes: HashTable;
  readonly #threads: Pick<LibraryThreads, 'hash' | 'hashNow'>;
  /** What could not be read; it is tried again after the next start. */
  readonly #failed = new Set<string>();
  #stop: AbortController | undefined;
  #running: Promise<void> | undefined;

  constructor(models: ModelTable, hashes: HashTable, threads: Pick<LibraryThreads, 'hash' | 'hashNow'>) {
    this.#models = models;
    this.#hashes = hashes;
    this.#threads = threads;
  }

  /** Works until every model has its hashes or `stop` is called; resolves then. A second call joins the first. */
  run(onProgress?: (progress: HashingProgress) => void): Promise<void> {
    this.#running ??= this.#work((this.#stop = new AbortController()).signal, onProgress).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Stops after the current piece of a file; `run` begins that file again. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#running;
  }

  /**
   * Hashes of a file, known ones from the table and others computed now; it need not be a model of the library.
   * @throws missing or io when it cannot be read.
   */
  async hashesOf(path: string, wanted: readonly HashName[], signal?: AbortSignal): Promise<Partial<ModelHashes>> {
    const listed = this.#models.get(path)?.stamp;
    const stamp = listed !== undefined && isFolderStamp(listed) ? listed : await stampOf(path);
    return this.#hash(this.#threads.hashNow, { path, stamp }, wanted, { ...(signal && { signal }) });
  }

  async #work(signal: AbortSignal, onProgress?: (progress: HashingProgress) => void): Promise<void> {
    for (;;) {
      const waiting = this.#models.findWithoutHashes(BATCH + this.#failed.size);
      const batch = waiting.filter(({ path, stamp }) => !this.#failed.has(`${path} ${stamp}`));
      if (batch.length === 0) return;
      for (const { path, stamp } of batch) {
        if (signal.aborted) return;
        const left = this.#models.countWithoutHashes();
        try {
          if (!isFolderStamp(stamp) && (await stampOf(path)) !== stamp) throw changed(path);
          await this.#hash(this.#threads.hash, { path, stamp }, hashNames, {
            signal,
            onProgress: (doneBytes, totalBytes) => onProgress?.({ path, doneBytes, totalBytes, left }),
          });
        } catch {
          // Gone, unreadable or being written: the library gives notice of such files.
          this.#failed.add(`${path} ${stamp}`);
        }
      }
    }
  }

  async #hash(
    thread: HashThread,
    { path, stamp }: { readonly path: string; readonly stamp: string },
    wanted: readonly HashName[],
    options: Parameters<HashThread['hash']>[2],
  ): Promise<Partial<ModelHashes>> {
    const known = this.#hashes.get(stamp);
    const missing = known?.complete === 1 ? [] : wanted.filter((name) => typeof known?.[name] !== 'string');
    if (missing.length > 0) {
      const found = await thread.hash(path, missing, options);
      if (!isFolderStamp(stamp) && (await stampOf(path)) !== stamp) throw changed(path);
      this.#hashes.add(stamp, found, wanted === hashNames);
    }
    const now = this.#hashes.get(stamp);
    return Object.fromEntries(
      hashNames.flatMap((name) => (typeof now?.[name] === 'string' ? [[name, now[name]]] : [])),
    );
  }
}

const changed = (path: string): DanqingError =>
  new DanqingError('io', { where: path, expected: 'a file that stays as it is', found: 'that it changed' });

async function stampOf(path: string): Promise<string> {
  try {
    return fileStamp(await stat(path, { bigint: true }));
  } catch {
    throw new DanqingError('missing', { where: path, expected: 'a file', found: 'none' });
  }
}
