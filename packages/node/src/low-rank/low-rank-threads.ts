import { availableParallelism } from 'node:os';
import type { Directions, DirectionsAsk } from '@danqing/engine/low-rank/directions';
import type { MatrixHands } from '@danqing/engine/low-rank/low-rank';
import { runInDoubles } from '../runtime/run-graph.ts';
import { CallThread } from '../threads/call-thread.ts';

const THREADS = Math.min(4, availableParallelism());

/** Threads that work on matrices, for as long as one change of files takes. */
export class LowRankThreads implements MatrixHands {
  readonly #threads: readonly CallThread<DirectionsAsk, Directions>[];
  readonly #signal: AbortSignal | undefined;
  #next = 0;

  /** @param count how many approximations are worth being under way at once. */
  readonly count = THREADS;
  readonly run = runInDoubles;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    this.#threads = Array.from(
      { length: THREADS },
      () => new CallThread<DirectionsAsk, Directions>(new URL('./low-rank-thread-work.ts', import.meta.url)),
    );
  }

  async findDirections(ask: DirectionsAsk): Promise<Directions> {
    const thread = this.#threads[this.#next++ % THREADS]!;
    return thread.call(ask, { signal: this.#signal });
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
