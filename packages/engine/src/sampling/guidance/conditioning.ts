import type { Tensor } from '../../tensor/tensor.ts';

/** A text as the model reads it, over the steps of a run. */
export interface ContextSchedule {
  /** The text encoding [tokens, width] at a step: the number of model calls so far, from 0. */
  at(step: number): Tensor;
}

/** One part of a prompt joined by AND. */
export interface PromptPart extends ContextSchedule {
  readonly weight: number;
}

/** What one image of a batch is guided by. */
export interface ImageConditioning {
  /** At least one. */
  readonly parts: readonly PromptPart[];
  /** The negative prompt. */
  readonly uncond: ContextSchedule;
}
