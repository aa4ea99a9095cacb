import type { Phase } from '@danqing/contract/worker-messages';

/** A stretch of a job as planned: units that are alike (the steps of sampling), or a single one (a phase that runs once). */
export interface PlannedWork {
  readonly phase: Phase;
  /** Expected seconds of each unit; a common factor between this and the real speed is found out while running. */
  readonly unitSeconds: readonly number[];
}

/** What the decoder of a picture costs, as a multiple of one model call for it. */
export const DECODE_COST = 1.4;

/** How many finished units tell the speed: enough to outvote a hiccup, few enough to follow a machine that slows down. */
const NEWEST_COUNT = 5;

/** After a first step that takes less, the second is waited for: it tells far better. */
const QUICK_SECONDS = 3;

/**
 * Tells how long a job will still take. It knows what the parts should cost relative to each other and learns from
 * the finished ones how fast this machine really is. Pure: the time is passed in, in milliseconds of any clock.
 */
export class Progress {
  readonly #plan: readonly PlannedWork[];
  readonly #speeds = new Map<Phase, Speed>();
  #current = -1;
  #unitsDone = 0;
  #unitStartedMs: number;
  #lastUnitSeconds = 0;

  /** @param plan everything that the job will do, in order; a phase may stand there once per batch. */
  constructor(plan: readonly PlannedWork[], nowMs: number) {
    this.#plan = plan;
    this.#unitStartedMs = nowMs;
  }

  /** The next stretch of this phase begins; the stretches before it are over, also those that never began. */
  begin(phase: Phase, nowMs: number): void {
    const next = this.#plan.findIndex((work, i) => i > this.#current && work.phase === phase);
    if (next < 0) return;
    this.#current = next;
    this.#unitsDone = 0;
    this.#unitStartedMs = nowMs;
  }

  /** One unit of the running stretch is finished. */
  finishUnit(nowMs: number): void {
    const work = this.#plan[this.#current];
    const expected = work?.unitSeconds[this.#unitsDone];
    if (work === undefined || expected === undefined) return;
    const speed = this.#speeds.get(work.phase) ?? new Speed();
    this.#speeds.set(work.phase, speed);
    this.#lastUnitSeconds = (nowMs - this.#unitStartedMs) / 1000;
    if (expected > 0) speed.learn(this.#lastUnitSeconds / expected);
    this.#unitsDone++;
    this.#unitStartedMs = nowMs;
  }

  /** Time that the job stood still (a pause) and that says nothing about its speed. */
  exclude(durationMs: number): void {
    this.#unitStartedMs += durationMs;
  }

  /** Seconds until everything planned is done; undefined until steps have shown the machine's speed. */
  secondsLeft(nowMs: number): number | undefined {
    const sampling = this.#speeds.get('sample');
    if (sampling === undefined) return undefined;
    if (!sampling.isSettled && (this.#lastUnitSeconds < QUICK_SECONDS || !this.#isTenthDone())) return undefined;
    let seconds = 0;
    for (let i = this.#current; i < this.#plan.length; i++) {
      const { phase, unitSeconds } = this.#plan[i]!;
      const factor = (this.#speeds.get(phase) ?? sampling).factor;
      const left = i === this.#current ? unitSeconds.slice(this.#unitsDone) : unitSeconds;
      seconds += left.reduce((sum, expected) => sum + expected * factor, 0);
      // What the unit in progress has already had; a unit that is late is not made up by the ones after it.
      if (i === this.#current && left.length > 0) {
        seconds -= Math.min((nowMs - this.#unitStartedMs) / 1000, left[0]! * factor);
      }
    }
    return seconds;
  }

  /** Whether a tenth of the planned work is done, so that somebody who waits should hear something. */
  #isTenthDone(): boolean {
    const sum = (seconds: readonly number[]): number => seconds.reduce((a, b) => a + b, 0);
    const all = sum(this.#plan.flatMap(({ unitSeconds }) => unitSeconds));
    const before = sum(this.#plan.slice(0, this.#current).flatMap(({ unitSeconds }) => unitSeconds));
    return before + sum(this.#plan[this.#current]!.unitSeconds.slice(0, this.#unitsDone)) >= 0.1 * all;
  }
}

/** How much longer than planned the units of a phase take: the median of the newest, which a single hiccup does not move. */
class Speed {
  readonly #newest: number[] = [];
  #count = 0;

  /** Whether more than the first unit, which also pays for memory and caches, has been seen. */
  get isSettled(): boolean {
    return this.#count > 1;
  }

  get factor(): number {
    const sorted = [...this.#newest].sort((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)]!;
  }

  learn(observed: number): void {
    this.#count++;
    // The first unit counts only until there is a second.
    if (this.#count === 2 || this.#newest.length === NEWEST_COUNT) this.#newest.shift();
    this.#newest.push(observed);
  }
}
