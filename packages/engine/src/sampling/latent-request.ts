import type { Tensor } from '../tensor/tensor.ts';
import type { ImageConditioning } from './guidance/conditioning.ts';
import type { Predict } from './guidance/guided-model.ts';
import type { LatentMask } from './latent-mask.ts';
import type { ImageSeed } from './noise/image-noise.ts';
import type { SamplingOptions } from './options.ts';
import type { Prediction } from './prediction.ts';
import type { Sampler } from './sampler.ts';
import type { Schedule } from './schedule.ts';
import type { SigmaTable } from './sigma-table.ts';

/** The model of a run. */
export interface SampledModel {
  readonly predict: Predict;
  readonly prediction: Prediction;
  /** The checkpoint's own ᾱ [1000], if it holds one. */
  readonly alphasCumprod?: Float32Array;
  readonly alignedFor?: SigmaTable['alignedFor'];
  /** Its noise levels end in pure noise, whatever the options say. */
  readonly zeroTerminalSnr?: boolean;
}

/** A model that takes over on the way, with its own conditioning; latent and noise levels carry on. */
export interface Refiner {
  readonly model: SampledModel;
  /** One for each image. */
  readonly conditioning: readonly ImageConditioning[];
  readonly emptyContext?: Tensor;
  /** Share of the run from which on it is asked. */
  readonly switchAt: number;
}

/** A picture to start from. */
export interface StartPicture {
  /** [n, c, h, w]. */
  readonly latent: Float32Array;
  /** How much of it is replaced, 0 to 1: the share of the schedule that is run. */
  readonly strength: number;
  /** The second pass of a hires run: all its steps are run, and the noise multiplier is not its own. */
  readonly isHires?: boolean;
  readonly mask?: LatentMask;
}

/** All that makes a latent. */
export interface LatentRequest {
  readonly model: SampledModel;
  readonly sampler: Sampler;
  /** None is the sampler's own ("Automatic"). */
  readonly schedule?: Schedule | undefined;
  readonly steps: number;
  readonly cfgScale: number;
  /** Latent cells: channels, height, width. */
  readonly shape: readonly [number, number, number];
  /** One for each image: see `batchSeeds`. */
  readonly seeds: readonly ImageSeed[];
  /** How much of the variation seed's noise is mixed in, 0 to 1. */
  readonly subseedStrength?: number;
  /** Latent cells [height, width] at which the seed's picture was made. */
  readonly resizedFrom?: readonly [number, number];
  /** One for each image. */
  readonly conditioning: readonly ImageConditioning[];
  /** Encoding [tokens, width] of an empty prompt, for `padCondUncond`. */
  readonly emptyContext?: Tensor;
  /** How far a picture to edit counts; undefined where that is no matter of guidance. */
  readonly imageCfgScale?: number | undefined;
  readonly refiner?: Refiner | undefined;
  readonly start?: StartPicture;
  readonly options: SamplingOptions;
  readonly signal?: AbortSignal;
}

/** One step of a run; tensors are [n, c, h, w]. */
export interface LatentStep {
  /** Steps done, from 1. */
  readonly step: number;
  /** Steps in all; an estimate where the sampler chooses its own step widths. */
  readonly steps: number;
  /** Noise level at which the step began. */
  readonly sigma: number;
  readonly x: Tensor;
  /** What a preview shows. */
  readonly denoised: Tensor;
  /** Whether the refiner has taken over. */
  readonly isRefined: boolean;
}
