/**
 * Events between one writer and one reader: written at any time, read by `for await`. The reader gets the events in
 * order, then the end or the error.
 */
export class EventQueue<T> implements AsyncIterableIterator<T, void> {
  readonly #waiting: T[] = [];
  readonly #supersedes: (newer: T, older: T) => boolean;
  readonly #onAbandoned: () => void;
  #finished: { readonly error?: Error } | undefined;
  #wake: (() => void) | undefined;

  /**
   * @param supersedes whether an event makes the unread one before it worthless, so that a slow reader does not pile
   * up pictures.
   * @param onAbandoned called when the reader leaves its loop before the end.
   */
  constructor(supersedes: (newer: T, older: T) => boolean, onAbandoned: () => void) {
    this.#supersedes = supersedes;
    this.#onAbandoned = onAbandoned;
  }

  push(event: T): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && this.#supersedes(event, last)) this.#waiting.pop();
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** No more events; with an error, the reader's loop throws it after the last event. */
  finish(error?: Error): void {
    this.#finished ??= error === undefined ? {} : { error };
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<T, void>> {
    for (;;) {
      if (this.#waiting.length > 0) return { value: this.#waiting.shift()!, done: false };
      if (this.#finished?.error !== undefined) {
        const { error } = this.#finished;
        this.#finished = {};
        throw error;
      }
      if (this.#finished !== undefined) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<T, void>> {
    if (this.#finished === undefined) this.#onAbandoned();
    this.#finished = {};
    this.#waiting.length = 0;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
