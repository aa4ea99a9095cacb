import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { DanqingError } from '@danqing/engine/errors';
import type { Answer, Call } from './serve-calls.ts';

export interface CallOptions<Progress> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** How long the thread may say nothing, neither answer nor progress, before it is ended. */
  readonly silenceMs?: number;
}

interface Waiting<Result, Progress> {
  onProgress(progress: Progress): void;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * A thread that answers calls one after another, in a module that calls `serveCalls`. It starts at the first call, and does not keep
 * the process alive when it has nothing to do.
 */
export class CallThread<Request, Result, Progress = never> {
  readonly #entry: URL;
  readonly #options: WorkerOptions;
  #worker: Worker | undefined;
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting<Result, Progress>>();

  /** @param entry the module's `.ts` file; in a bundled program the `.js` file of the same name runs. */
  constructor(entry: URL, options: WorkerOptions = {}) {
    this.#entry = entry;
    this.#options = options;
  }

  /**
   * Resolves to the thread's answer.
   * @throws what the work throws, where it is a DanqingError; the signal's reason when that ends it; crashed when the thread breaks
   * down or falls silent, after which the next call starts another; no-memory when it used up what it may.
   */
  async call(request: Request, { signal, onProgress, silenceMs }: CallOptions<Progress> = {}): Promise<Result> {
    signal?.throwIfAborted();
    const worker = (this.#worker ??= this.#start());
    const id = ++this.#lastId;
    const cancel = (): void => send(worker, { type: 'cancel', id });
    const watch = silenceMs === undefined ? undefined : this.#watchSilence(worker, silenceMs);
    signal?.addEventListener('abort', cancel, { once: true });
    worker.ref();
    try {
      return await new Promise((resolve, reject) => {
        const hear = (progress: Progress): void => {
          watch?.refresh();
          onProgress?.(progress);
        };
        this.#waiting.set(id, { onProgress: hear, resolve, reject });
        send(worker, { type: 'call', id, request });
      });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(watch);
      signal?.removeEventListener('abort', cancel);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) worker.unref();
    }
  }

  /** Ends the thread; calls without an answer fail with the code `cancelled`. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#fail(worker, new DanqingError('cancelled', { ...BEGUN, found: 'that it was stopped' }));
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = startWorker(this.#entry, this.#options);
    worker.on('message', (answer: Answer<Result, Progress>) => {
      const waiting = this.#waiting.get(answer.id);
      if (answer.type === 'progress') waiting?.onProgress(answer.progress);
      else if (answer.type === 'result') waiting?.resolve(answer.result);
      else waiting?.reject(new DanqingError(answer.code, answer.trouble));
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'no-memory' : 'crashed';
      this.#fail(worker, new DanqingError(code, { ...BEGUN, found: error.message }));
    });
    worker.on('exit', (code) => {
      this.#fail(worker, new DanqingError('crashed', { ...BEGUN, found: `that it left with code ${code}` }));
    });
    return worker;
  }

  #watchSilence(worker: Worker, silenceMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      const found = `no sign of life for ${silenceMs / 1000} seconds`;
      this.#fail(worker, new DanqingError('crashed', { ...BEGUN, found }));
      // A thread that waits for a dead disk cannot be ended before the disk answers.
      void worker.terminate();
    }, silenceMs);
  }

  /** Lets go of a worker and of all calls that it has. */
  #fail(worker: Worker | undefined, error: DanqingError): void {
    if (worker === undefined || this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const BEGUN = { where: 'work in the background', expected: 'that it comes to its end' };

function send<Request>(worker: Worker, call: Call<Request>): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
  worker.postMessage(call);
}

/** Runs a module in a thread, the way this process runs: from TypeScript source, or bundled to JavaScript. */
function startWorker(entry: URL, options: WorkerOptions): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(fileURLToPath(entry).replace(/\.ts$/, '.js'), options);
  // tsx registers itself in a process's first thread only.
  const [loader, module] = [import.meta.resolve('tsx/esm/api'), entry.href].map((url) => JSON.stringify(url));
  return new Worker(`import(${loader}).then(({ register }) => register()).then(() => import(${module}))`, {
    ...options,
    eval: true,
  });
}
