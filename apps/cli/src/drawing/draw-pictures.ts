import type { Recipe } from '@danqing/contract/recipe';
import type { DrawnPicture, Phase } from '@danqing/contract/worker-messages';
import { type JobEvent, WorkerClient } from '@danqing/studio/jobs/worker-client';
import type { Messages } from '../messages/index.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { createProgress } from './progress.ts';

/** How long a job took, in seconds. */
export interface Timings {
  readonly total: number;
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
}

/** What is known of a job when it is done. */
export interface JobReport {
  readonly notes: readonly string[];
  readonly timings: Timings;
}

export interface DrawPicturesOptions {
  readonly latents?: boolean;
  readonly messages: Messages;
  /** What to draw; worked out while the drawing process starts. */
  plan(): Promise<Recipe>;
  /** Called for every finished picture in order; what it returns are notes for people. */
  onPicture(picture: DrawnPicture): Promise<readonly string[]>;
}

/** What is told while something is drawn; everything else is the business of whoever asked for it. */
type Told = Extract<JobEvent, { readonly type: 'phase' | 'step' | 'note' }>;

/** Something that is drawn by one or several jobs, and how far it is counted. */
export interface Run<E> {
  /** What happens, in order; the steps count batches from 0. */
  readonly events: AsyncIterable<E>;
  /** How many batches there are, and what they are called. */
  readonly count: number;
  readonly counted?: Messages['progress']['batch'];
}

export interface WatchOptions<E> {
  readonly messages: Messages;
  /** What to draw; worked out while the drawing process starts. */
  start(client: WorkerClient): Promise<Run<E | Told>>;
  /** Called for everything else that happens, in order; what it returns are notes for people. */
  onEvent(event: E): Promise<readonly string[]>;
}

/** Draws one recipe and hands out its pictures: see `watchRun`. */
export async function drawPictures({
  latents = false,
  messages,
  plan,
  onPicture,
}: DrawPicturesOptions): Promise<JobReport> {
  return watchRun<Extract<JobEvent, { readonly type: 'picture' }>>({
    messages,
    async start(client) {
      const recipe = await plan();
      return { events: client.draw(recipe, { latents }), count: recipe.batchCount };
    },
    onEvent: async ({ picture }) => onPicture(picture),
  });
}

/**
 * Draws in a process of its own, shows progress and notes on the standard error, and hands out what comes of it. Ctrl-C ends the process at once;
 * a picture that is being saved is saved.
 * @throws cancelled after Ctrl-C, and what the jobs throw.
 */
export async function watchRun<E extends { readonly type: string }>(options: WatchOptions<E>): Promise<JobReport> {
  const client = new WorkerClient();
  const stopListening = onInterrupt(() => void client.stop());
  client.start();
  try {
    return await watch(await options.start(client), options);
  } finally {
    stopListening();
    await client.stop();
  }
}

async function watch<E extends { readonly type: string }>(
  { events, count, counted }: Run<E | Told>,
  { messages, onEvent }: WatchOptions<E>,
): Promise<JobReport> {
  const startedMs = performance.now();
  const phases = new PhaseClock();
  const progress = createProgress({
    stream: process.stderr,
    messages: { ...messages.progress, ...(counted && { batch: counted }) },
    batchCount: count,
    nowMs: () => performance.now(),
  });
  const notes: string[] = [];
  const note = (text: string): void => {
    // Every batch of a job has the same remarks.
    if (notes.includes(text)) return;
    notes.push(text);
    progress.say(messages.drawing.note(text));
  };
  try {
    for await (const event of events) {
      if (isTold(event)) {
        if (event.type === 'note') note(event.text);
        else if (event.type === 'step') progress.step(event);
        else {
          phases.begin(event.phase);
          progress.phase(event.phase);
        }
        continue;
      }
      progress.hide();
      for (const text of await onEvent(event)) note(text);
    }
  } finally {
    progress.end();
  }
  return { notes, timings: { total: (performance.now() - startedMs) / 1000, phases: phases.end() } };
}

const isTold = (event: { readonly type: string }): event is Told => ['phase', 'step', 'note'].includes(event.type);

/** Adds up the time of each phase. */
class PhaseClock {
  readonly #seconds: Partial<Record<Phase, number>> = {};
  #current: Phase | undefined;
  #fromMs = 0;

  begin(phase: Phase): void {
    this.end();
    this.#current = phase;
    this.#fromMs = performance.now();
  }

  end(): Readonly<Partial<Record<Phase, number>>> {
    if (this.#current !== undefined) {
      this.#seconds[this.#current] = (this.#seconds[this.#current] ?? 0) + (performance.now() - this.#fromMs) / 1000;
    }
    this.#current = undefined;
    return this.#seconds;
  }
}
