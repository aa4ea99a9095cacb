import type { Tensor } from '../../tensor/tensor.ts';

/** A text as the model reads it: its encoding [tokens, width]. */
export interface Context extends Tensor {
  /** What a model that takes a vector is told beside it: the text as a whole, and sizes. */
  readonly vector?: Float32Array;
}

/** A text as the model reads it, over the steps of a run. */
export interface ContextSchedule {
  /** The text at a step: the number of model calls so far, from 0. */
  at(step: number): Context;
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
  /**
   * Channels [c, h, w] that the model takes in behind the noisy latent, at all times the same: a mask and what is around
   * it, a picture to edit, a depth map.
   */
  readonly channels?: Float32Array;
}
