import type { Recipe } from '@danqing/contract/recipe';
import type { DrawnPicture, Phase } from '@danqing/contract/worker-messages';
import { WorkerClient } from '@danqing/studio/jobs/worker-client';
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

/**
 * Draws in a process of its own, shows progress and notes on the standard error, and hands out the pictures. Ctrl-C ends the process at once;
 * a picture that is being saved is saved.
 * @throws cancelled after Ctrl-C, and what the job throws.
 */
export async function drawPictures(options: DrawPicturesOptions): Promise<JobReport> {
  const client = new WorkerClient();
  const stopListening = onInterrupt(() => void client.stop());
  client.start();
  try {
    return await draw(client, await options.plan(), options);
  } finally {
    stopListening();
    await client.stop();
  }
}

async function draw(client: WorkerClient, recipe: Recipe, options: DrawPicturesOptions): Promise<JobReport> {
  const { latents = false, messages, onPicture } = options;
  const startedMs = performance.now();
  const drawing = client.draw(recipe, { latents });
  const phases = new PhaseClock();
  const progress = createProgress({
    stream: process.stderr,
    messages: messages.progress,
    batchCount: recipe.batchCount,
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
    for await (const event of drawing) {
      switch (event.type) {
        case 'phase':
          phases.begin(event.phase);
          progress.phase(event.phase);
          break;
        case 'step':
          progress.step(event);
          break;
        case 'note':
          note(event.text);
          break;
        case 'picture':
          progress.hide();
          for (const text of await onPicture(event.picture)) note(text);
      }
    }
  } finally {
    progress.end();
  }
  return { notes, timings: { total: (performance.now() - startedMs) / 1000, phases: phases.end() } };
}

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
