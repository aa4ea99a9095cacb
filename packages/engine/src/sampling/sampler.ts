import type { Values } from './arithmetic.ts';
import type { SamplingOptions } from './options.ts';
import type { schedules } from './schedules/index.ts';
import type { SigmaTable } from './sigma-table.ts';

/** What a sampler tells after each step. */
export interface SamplerStep<V extends Values> {
  /** Steps done, from 1. */
  readonly step: number;
  /** Steps in all; an estimate where the sampler chooses its own step widths. */
  readonly steps: number;
  /** Noise level at which the step began. */
  readonly sigma: number;
  /** The noisy latent after the step. */
  readonly x: V;
  /** The picture that the model saw in it, as a latent: what a preview shows. */
  readonly denoised: V;
}

/** The steps of a run; its result is the final latent. */
export type SamplerSteps<V extends Values> = AsyncGenerator<SamplerStep<V>, V, void>;

/** What a sampler that walks down noise levels works with. */
export interface SigmaRun<V extends Values> {
  /** The latent at the first noise level: picture + σ · noise. */
  readonly x: V;
  /** Falling noise levels. */
  readonly sigmas: ArrayLike<number>;
  /** Start, end and budget of a sampler that chooses its own noise levels. */
  readonly span: { readonly sigmaMin: number; readonly sigmaMax: number; readonly steps: number };
  /** The denoised latent at a noise level: one call of the guided model. */
  denoise(x: V, sigma: number): Promise<V>;
  /** The next draw of unit normal noise. */
  noise(): V;
  /** Unit normal noise of the Brownian path between two noise levels. */
  brownian(sigma: number, sigmaNext: number): V;
  readonly options: SamplingOptions;
}

/** What a sampler that walks down the model's own time steps works with. */
export interface TimestepRun<V extends Values> {
  /** The latent at the last time step: √ᾱ · picture + √(1-ᾱ) · noise. */
  readonly x: V;
  /** Rising time steps; samplers go through them from the end. */
  readonly timesteps: readonly number[];
  /** ᾱ of every trained time step. */
  readonly alphasCumprod: ArrayLike<number>;
  /** Whether the run starts from a picture rather than from noise alone. */
  readonly isImg2img: boolean;
  /** The noise that the guided model sees at a time, and what it sees without the prompt. */
  predict(x: V, time: number): Promise<{ readonly eps: V; readonly uncondEps: V }>;
  /** The next draw of unit normal noise. */
  noise(): V;
  readonly options: SamplingOptions;
}

interface SamplerTraits {
  /** The name in menus and picture data: `DPM++ 2M`. */
  readonly name: string;
  readonly aliases: readonly string[];
  /** Calls the model twice in a step, so that prompt schedules and progress count twice as many steps. */
  readonly isSecondOrder?: boolean;
}

/** A sampler over noise levels, as in k-diffusion. */
export interface SigmaSampler extends SamplerTraits {
  readonly kind: 'sigma';
  /** The schedule that "Automatic" stands for; uniform where none is named. */
  readonly automatic?: keyof typeof schedules;
  /** Asks for one step more and leaves the next-to-last noise level out. */
  readonly discardsNextToLastSigma?: boolean;
  /** Draws its noise from Brownian paths. */
  readonly usesBrownian?: boolean;
  /** Draws noise after the first, so that ENSD changes the picture and belongs in its data. */
  readonly usesSeedDelta?: boolean;
  /** Chooses its own noise levels between `span`'s ends. */
  readonly choosesSigmas?: boolean;
  /** The noise levels of the kind of model that it is for, where that differs from the training. */
  adaptTable?(table: SigmaTable): SigmaTable;
  sample<V extends Values>(run: SigmaRun<V>): SamplerSteps<V>;
}

/** A sampler over time steps, as in CompVis' latent-diffusion. */
export interface TimestepSampler extends SamplerTraits {
  readonly kind: 'timestep';
  /** Factor on the CFG scale. */
  readonly guidanceFactor?: number;
  /** Needs the negative prompt's result even where it would cancel out. */
  readonly needsUncond?: boolean;
  sample<V extends Values>(run: TimestepRun<V>): SamplerSteps<V>;
}

/** A way to get from noise to a latent picture. */
export type Sampler = SigmaSampler | TimestepSampler;
