import { cancellation } from './failure.ts';

/** Lets a running job be paused and cancelled between two steps. */
export class JobControl {
  readonly #abort = new AbortController();
  #resume: (() => void) | undefined;
  #resumed: Promise<void> | undefined;
  #first: Promise<void> | undefined;

  /** Aborts when the job is cancelled; its reason is the error to throw. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  pause(): void {
    if (this.#resumed !== undefined) return;
    this.#resumed = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#resumed = undefined;
  }

  /** Lets work that runs in the same process go before the next step: otherwise each of its waits would cost it a step. */
  letPass(work: Promise<void>): void {
    this.#first = work;
  }

  cancel(): void {
    this.#abort.abort(cancellation());
    this.resume();
  }

  /**
   * To be awaited between steps: lets messages in, and waits while the job is paused.
   * @returns milliseconds that the job stood still.
   * @throws cancelled.
   */
  async pass(now: () => number): Promise<number> {
    await new Promise((resolve) => setImmediate(resolve));
    const from = now();
    await this.#first;
    while (this.#resumed !== undefined) await this.#resumed;
    this.signal.throwIfAborted();
    return now() - from;
  }
}
