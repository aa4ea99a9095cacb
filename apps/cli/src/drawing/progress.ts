import type { Phase } from '@danqing/contract/worker-messages';
import type { Messages } from '../messages/index.ts';
import { cutText } from '../terminal/text-width.ts';
import { printDuration } from './duration.ts';

/** How far a job is. */
export interface StepDone {
  /** Batch within the job, from 0. */
  readonly batch: number;
  readonly step: number;
  readonly steps: number;
  readonly secondsLeft?: number;
}

/** Shows people how a job goes on. */
export interface Progress {
  phase(phase: Phase): void;
  step(step: StepDone): void;
  /** A line that stays. */
  say(line: string): void;
  /** Makes room for a result until the job goes on. */
  hide(): void;
  /** Takes away what is only true while the job runs. */
  end(): void;
}

/** Where progress is written, and the clock that it goes by. */
export interface ProgressPlace {
  readonly stream: Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean; readonly columns?: number };
  readonly messages: Messages['progress'];
  readonly batchCount: number;
  nowMs(): number;
}

/** A bar that moves on a terminal, a few lines elsewhere. */
export const createProgress = (place: ProgressPlace): Progress =>
  place.stream.isTTY === true ? new ProgressBar(place) : new ProgressLines(place);

/** Lines come no faster, however quick the steps are: a log is read by people. */
const LINE_EVERY_MS = 5000;

class ProgressLines implements Progress {
  readonly #place: ProgressPlace;
  #lastMs = -Infinity;

  constructor(place: ProgressPlace) {
    this.#place = place;
  }

  phase(): void {}

  step(done: StepDone): void {
    const now = this.#place.nowMs();
    const isLast = done.step === done.steps && done.batch === this.#place.batchCount - 1;
    if (!isLast && now - this.#lastMs < LINE_EVERY_MS) return;
    this.#lastMs = now;
    this.say(describeStep(done, this.#place));
  }

  say(line: string): void {
    this.#place.stream.write(`${line}\n`);
  }

  hide(): void {}

  end(): void {}
}

const BAR_COLUMNS = 24;
const CLEAR_LINE = '\r\u001b[2K';

class ProgressBar implements Progress {
  readonly #place: ProgressPlace;
  readonly #timer: NodeJS.Timeout;
  #phase: Phase = 'read';
  #phaseFromMs: number;
  #done: StepDone | undefined;
  #doneMs = 0;
  #isHidden = false;

  constructor(place: ProgressPlace) {
    this.#place = place;
    this.#phaseFromMs = place.nowMs();
    // The time left goes on between two steps.
    this.#timer = setInterval(() => this.#redraw(), 1000);
    this.#timer.unref();
    this.#draw();
  }

  phase(phase: Phase): void {
    this.#phase = phase;
    this.#phaseFromMs = this.#place.nowMs();
    this.#draw();
  }

  step(done: StepDone): void {
    this.#done = done;
    this.#doneMs = this.#place.nowMs();
    this.#draw();
  }

  say(line: string): void {
    this.#place.stream.write(`${CLEAR_LINE}${line}\n`);
    this.#redraw();
  }

  hide(): void {
    this.#isHidden = true;
    this.#place.stream.write(CLEAR_LINE);
  }

  end(): void {
    clearInterval(this.#timer);
    this.hide();
  }

  #redraw(): void {
    if (!this.#isHidden) this.#draw();
  }

  #draw(): void {
    this.#isHidden = false;
    const { stream, messages } = this.#place;
    const line =
      this.#phase === 'sample' && this.#done !== undefined
        ? this.#bar(this.#done)
        : this.#waiting(messages.phases[this.#phase]);
    stream.write(CLEAR_LINE + cutText(line, (stream.columns ?? 80) - 1));
  }

  #bar(done: StepDone): string {
    const { batchCount, nowMs } = this.#place;
    const share = (done.batch + done.step / done.steps) / batchCount;
    const filled = Math.round(share * BAR_COLUMNS);
    const passed = (nowMs() - this.#doneMs) / 1000;
    const left = done.secondsLeft === undefined ? {} : { secondsLeft: Math.max(0, done.secondsLeft - passed) };
    return `${'█'.repeat(filled)}${'░'.repeat(BAR_COLUMNS - filled)} ${describeStep({ ...done, ...left }, this.#place)}`;
  }

  #waiting(phase: string): string {
    const passed = (this.#place.nowMs() - this.#phaseFromMs) / 1000;
    return passed < 2 ? phase : `${phase} ${printDuration(passed)}`;
  }
}

function describeStep({ batch, step, steps, secondsLeft }: StepDone, { messages, batchCount }: ProgressPlace): string {
  const left = secondsLeft === undefined ? undefined : messages.left(printDuration(secondsLeft));
  const which = batchCount === 1 ? undefined : messages.batch(batch + 1, batchCount);
  return [messages.step(step, steps), which, left].filter((part) => part !== undefined).join(messages.comma);
}
