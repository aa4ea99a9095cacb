import { CallThread } from '../threads/call-thread.ts';
import type { HashOptions } from './hash-model.ts';
import type { HashProgress, HashRequest } from './hash-thread-work.ts';
import type { HashName, ModelHashes } from './model-hashes.ts';

/** Computes hashes in a thread of its own, one file at a time in the order they are asked for. */
export class HashThread {
  readonly #thread = new CallThread<HashRequest, Partial<ModelHashes>, HashProgress>(
    new URL('./hash-thread-work.ts', import.meta.url),
  );

  /** As `hashModel`, and with the errors of a `CallThread`. */
  hash(
    path: string,
    wanted: readonly HashName[],
    { signal, onProgress }: HashOptions = {},
  ): Promise<Partial<ModelHashes>> {
    return this.#thread.call(
      { path, wanted },
      { signal, onProgress: onProgress && (({ doneBytes, totalBytes }) => onProgress(doneBytes, totalBytes)) },
    );
  }

  /** Ends the thread; what is being hashed fails with the code `cancelled`. */
  close(): Promise<void> {
    return this.#thread.close();
  }
}
