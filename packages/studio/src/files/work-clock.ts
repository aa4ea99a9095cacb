import type { ChangeProgress } from '@danqing/contract/file-changes';

/** The speed is that of this long, so that a disk that slows down is noticed. */
const WINDOW_MS = 10_000;
/** Steps that the speed is taken over at least: those of large layers take many seconds, and longer than small ones. */
const LEAST_STEPS = 16;
/** Before that, a speed is a guess. */
const FIRST_MS = 1000;

/** Tells how long work on bytes will still take. Pure: the time is passed in, in milliseconds of any clock. */
export class WorkClock {
  readonly #marks: { readonly atMs: number; readonly bytes: number }[];

  constructor(nowMs: number) {
    this.#marks = [{ atMs: nowMs, bytes: 0 }];
  }

  /** Takes note of how far the work is. */
  progress(phase: ChangeProgress['phase'], doneBytes: number, totalBytes: number, nowMs: number): ChangeProgress {
    this.#marks.push({ atMs: nowMs, bytes: doneBytes });
    while (this.#marks.length > LEAST_STEPS && nowMs - this.#marks[1]!.atMs > WINDOW_MS) this.#marks.shift();
    const [first] = this.#marks as [{ atMs: number; bytes: number }];
    const [passedMs, moved] = [nowMs - first.atMs, doneBytes - first.bytes];
    if (passedMs < FIRST_MS || moved <= 0) return { phase, doneBytes, totalBytes };
    return { phase, doneBytes, totalBytes, secondsLeft: ((totalBytes - doneBytes) * passedMs) / moved / 1000 };
  }
}
