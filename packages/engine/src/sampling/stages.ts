import type { CallCount, GuidedModel } from './guidance/guided-model.ts';
import type { SampledModel } from './latent-request.ts';
import type { SigmaTable } from './sigma-table.ts';

/** A model of a run with what it knows of noise and what guides it. */
export interface Stage {
  readonly model: SampledModel;
  readonly table: SigmaTable;
  readonly guided: GuidedModel;
}

/** The model that finishes a run, and when it takes over. */
export interface NextStage {
  readonly stage: Stage;
  /** Share of the run, from 0 to 1, from which on it is asked. */
  readonly switchAt: number;
  /** Whether the share is that of the model calls; else it is that of the noise. */
  readonly bySteps: boolean;
  /** Model calls of the whole run, as prompts reckon with them. */
  readonly totalSteps: number;
}

/** The stages of a run: the model that begins it, and one that may take over and then keeps it (SDXL's refiner). */
export class Stages {
  readonly #next: NextStage | undefined;
  readonly #count: CallCount;
  #current: Stage;

  constructor(first: Stage, count: CallCount, next?: NextStage) {
    this.#current = first;
    this.#count = count;
    this.#next = next;
  }

  /** The stage for the next model call; `progressed` is the share of the noise that is gone, by the table of a stage. */
  at(progressed: (table: SigmaTable) => number): Stage {
    const next = this.#next;
    if (next !== undefined && this.#current !== next.stage) {
      const share = next.bySteps ? this.#count.calls / next.totalSteps : progressed(this.#current.table);
      if (share >= next.switchAt) this.#current = next.stage;
    }
    return this.#current;
  }

  /** Whether the last model has taken over. */
  get hasSwitched(): boolean {
    return this.#current === this.#next?.stage;
  }
}

/** The trained step whose noise level is nearest, counted from the noisiest, as a share of them (A1111's reckoning). */
export const shareAtSigma =
  (sigma: number) =>
  ({ sigmas }: SigmaTable): number => {
    let nearest = 0;
    for (let i = 1; i < sigmas.length; i++) {
      if (Math.abs(Math.fround(sigmas[i]! - sigma)) < Math.abs(Math.fround(sigmas[nearest]! - sigma))) nearest = i;
    }
    return shareAtTime(nearest)();
  };

/** The same for a time. */
export const shareAtTime = (time: number) => (): number => (999 - Math.trunc(time)) / 1000;
