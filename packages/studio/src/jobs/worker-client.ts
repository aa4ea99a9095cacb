import type { Recipe } from '@danqing/contract/recipe';
import type { WorkerEvent, WorkerRequest } from '@danqing/contract/worker-messages';
import { type Child, endingError, startChild } from '@danqing/node/process/child-process';
import { EventQueue } from './event-queue.ts';
import { cancellation, restoreFailure } from './failure.ts';

/** What a reader of a job hears, in order; the end of the loop is success, failure is thrown. */
export type JobEvent = Extract<WorkerEvent, { type: 'phase' | 'note' | 'step' | 'picture' }>;

/** A job handed to the drawing process. Reading it is optional; leaving the loop early cancels it. */
export interface Drawing extends AsyncIterable<JobEvent> {
  readonly job: number;
  /** Holds the job between two steps (a waiting one: before its first). */
  pause(): void;
  resume(): void;
  /** Ends the job within one step; its reader gets a `cancelled` error. */
  cancel(): void;
}

export interface DrawOptions {
  /** Send a small picture with each step. */
  readonly previews?: boolean;
  /** Send the final latents with the pictures. */
  readonly latents?: boolean;
  /** Cancels the job. */
  readonly signal?: AbortSignal;
}

type JobRequest = Extract<WorkerRequest, { type: 'draw' | 'decode' }>;

/** Kept latents that are to be decoded, and with what. */
export type DecodeRequest = Omit<Extract<WorkerRequest, { type: 'decode' }>, 'type' | 'job'>;

interface Job {
  readonly request: JobRequest;
  readonly events: EventQueue<JobEvent>;
  paused: boolean;
}

/**
 * Owns one drawing process, hands it one job after another and tells each job's events. The process is started when
 * first needed and again after a break-down; only the job that was running is lost with it.
 */
export class WorkerClient {
  readonly #entry: URL;
  readonly #waiting: Job[] = [];
  #running: Job | undefined;
  #prepared: Job | undefined;
  #child: Child<WorkerRequest, WorkerEvent> | undefined;
  #jobCount = 0;
  #unloads: ((residentBytes: number) => void)[] = [];

  /** @param entry the module that the process runs; it answers `WorkerRequest`s with `WorkerEvent`s. */
  constructor(entry: URL = new URL('./worker.ts', import.meta.url)) {
    this.#entry = entry;
  }

  /** Starts the process ahead of the first job, which then need not wait for it. */
  start(): void {
    this.#child ??= this.#start();
  }

  /** Queues a job. Its loop throws a DanqingError when it fails, is cancelled, or the process breaks down. */
  draw(recipe: Recipe, { previews = false, latents = false, signal }: DrawOptions = {}): Drawing {
    return this.#queue((job) => ({ type: 'draw', job, recipe, previews, latents }), signal);
  }

  /** Queues the decoding of kept latents; as `draw`. */
  decode(request: DecodeRequest, signal?: AbortSignal): Drawing {
    return this.#queue((job) => ({ type: 'decode', job, ...request }), signal);
  }

  #queue(requestOf: (job: number) => JobRequest, signal?: AbortSignal): Drawing {
    const number = ++this.#jobCount;
    const cancel = (): void => this.#cancel(job);
    const job: Job = {
      request: requestOf(number),
      events: new EventQueue((newer, older) => newer.type === 'step' && older.type === 'step', cancel),
      paused: false,
    };
    if (signal?.aborted === true) {
      job.events.finish(cancellation());
    } else {
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(job);
      this.#startNext();
    }
    return {
      job: number,
      pause: () => this.#setPaused(job, true),
      resume: () => this.#setPaused(job, false),
      cancel,
      [Symbol.asyncIterator]: () => job.events,
    };
  }

  /**
   * Gives all models back once the running job is done.
   * @returns bytes that the process still holds for itself; 0 when there is no process.
   */
  async unload(): Promise<number> {
    const child = this.#child;
    if (child === undefined) return 0;
    return new Promise((resolve) => {
      this.#unloads.push(resolve);
      void this.#send({ type: 'unload' });
    });
  }

  /** Ends the process at once and leaves nothing behind; all jobs end as cancelled. A later `draw` starts anew. */
  async stop(): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.events.finish(cancellation());
    this.#running?.events.finish(cancellation());
    await this.#child?.kill();
  }

  /** The process's id while there is one. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #startNext(): void {
    if (this.#running !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running = job;
    void this.#send(job.request);
    if (job.paused) void this.#send({ type: 'pause', job: job.request.job });
  }

  async #send(request: WorkerRequest): Promise<void> {
    const child = (this.#child ??= this.#start());
    // A child that is gone tells why through `ended`.
    await child.send(request).catch(() => undefined);
  }

  #start(): Child<WorkerRequest, WorkerEvent> {
    const child = startChild<WorkerRequest, WorkerEvent>(this.#entry);
    child.onMessage((event) => this.#hear(event));
    void this.#mourn(child);
    return child;
  }

  async #mourn(child: Child<WorkerRequest, WorkerEvent>): Promise<void> {
    const ending = await child.ended;
    this.#child = undefined;
    for (const resolve of this.#unloads.splice(0)) resolve(0);
    this.#finishRunning(ending.asked ? cancellation() : endingError(ending));
  }

  #hear(event: WorkerEvent): void {
    switch (event.type) {
      case 'ready':
        return;
      case 'unloaded':
        for (const resolve of this.#unloads.splice(0)) resolve(event.residentBytes);
        return;
      case 'done':
        this.#finishRunning();
        return;
      case 'failed':
        this.#finishRunning(restoreFailure(event));
        return;
      case 'step':
        this.#prepareNext();
        this.#running?.events.push(event);
        return;
      case 'phase':
        // The last one, and the only one of a decoding that takes long.
        if (event.phase === 'decode') this.#prepareNext();
        this.#running?.events.push(event);
        return;
      case 'note':
      case 'picture':
        this.#running?.events.push(event);
    }
  }

  /** Tells what comes next, once, when the running job has everything that it needs itself. */
  #prepareNext(): void {
    const next = this.#waiting[0];
    if (next === undefined || next === this.#prepared || next.request.type !== 'draw') return;
    this.#prepared = next;
    void this.#send({ type: 'prepare', recipe: next.request.recipe });
  }

  #finishRunning(error?: Error): void {
    const job = this.#running;
    this.#running = undefined;
    job?.events.finish(error);
    this.#startNext();
  }

  #cancel(job: Job): void {
    const place = this.#waiting.indexOf(job);
    if (place >= 0) {
      this.#waiting.splice(place, 1);
      job.events.finish(cancellation());
    } else if (job === this.#running) {
      void this.#send({ type: 'cancel', job: job.request.job });
    }
  }

  #setPaused(job: Job, paused: boolean): void {
    job.paused = paused;
    if (job === this.#running) void this.#send({ type: paused ? 'pause' : 'resume', job: job.request.job });
  }
}
