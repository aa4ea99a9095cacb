// What runs in the thread of `HashThread`.
import { serveCalls } from '../threads/serve-calls.ts';
import { hashModel } from './hash-model.ts';
import type { HashName, ModelHashes } from './model-hashes.ts';

export interface HashRequest {
  readonly path: string;
  readonly wanted: readonly HashName[];
}

export interface HashProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Progress is told this often at most. */
const TELL_EVERY_BYTES = 16 << 20;

serveCalls<HashRequest, Partial<ModelHashes>, HashProgress>(({ path, wanted }, { signal, tell }) => {
  let told = 0;
  return hashModel(path, wanted, {
    signal,
    onProgress(doneBytes, totalBytes) {
      if (doneBytes - told < TELL_EVERY_BYTES) return;
      told = doneBytes;
      tell({ doneBytes, totalBytes });
    },
  });
});
