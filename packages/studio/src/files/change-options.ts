import type { ChangeProgress } from '@danqing/contract/file-changes';
import { WorkClock } from './work-clock.ts';

/** What every change of files takes beside its request. */
export interface ChangeOptions {
  readonly signal?: AbortSignal;
  /** Called a few times a second while bytes are written. */
  readonly onProgress?: (progress: ChangeProgress) => void;
}

/** Progress comes no faster. */
const EVERY_MS = 100;

/** What is told of bytes, as progress with the time left; nothing where nobody listens. */
export function tellBytes(
  phase: ChangeProgress['phase'],
  { onProgress }: ChangeOptions,
): { readonly onProgress?: (doneBytes: number, totalBytes: number) => void } {
  if (onProgress === undefined) return {};
  const clock = new WorkClock(performance.now());
  let toldMs = -Infinity;
  return {
    onProgress(doneBytes, totalBytes) {
      const nowMs = performance.now();
      if (nowMs - toldMs < EVERY_MS && doneBytes < totalBytes) return;
      toldMs = nowMs;
      onProgress(clock.progress(phase, doneBytes, totalBytes, nowMs));
    },
  };
}
