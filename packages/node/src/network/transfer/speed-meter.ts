/** How far a transfer is. */
export interface TransferProgress {
  readonly doneBytes: number;
  /** Absent where the server does not say. */
  readonly totalBytes?: number;
  /** Over the last seconds. */
  readonly bytesPerSecond: number;
  /** Absent where the size or the speed is not known. */
  readonly secondsLeft?: number;
}

/** Long enough to even out bursts, short enough to follow a network that changes. */
const WINDOW_MS = 5000;
/** Closer measurements are joined. */
const GRAIN_MS = 100;

/** Measures speed over the last seconds. The time is passed in, in milliseconds of any clock that does not go back. */
export class SpeedMeter {
  #samples: { readonly atMs: number; bytes: number }[];

  constructor(nowMs: number) {
    this.#samples = [{ atMs: nowMs, bytes: 0 }];
  }

  add(bytes: number, nowMs: number): void {
    const last = this.#samples.at(-1)!;
    if (this.#samples.length > 1 && nowMs - last.atMs < GRAIN_MS) last.bytes += bytes;
    else this.#samples.push({ atMs: nowMs, bytes });
    const old = this.#samples.findLastIndex((sample) => nowMs - sample.atMs >= WINDOW_MS);
    if (old > 0) this.#samples.splice(0, old);
  }

  progress(doneBytes: number, totalBytes: number | undefined, nowMs: number): TransferProgress {
    const [first, ...rest] = this.#samples;
    const bytes = rest.reduce((sum, sample) => sum + sample.bytes, 0);
    const bytesPerSecond = (bytes * 1000) / Math.max(GRAIN_MS, nowMs - first!.atMs);
    const isKnown = totalBytes !== undefined && bytesPerSecond > 0;
    return {
      doneBytes,
      bytesPerSecond,
      ...(totalBytes !== undefined && { totalBytes }),
      ...(isKnown && { secondsLeft: (totalBytes - doneBytes) / bytesPerSecond }),
    };
  }
}
