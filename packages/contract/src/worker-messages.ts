import type { Recipe } from './recipe.ts';

/** Scaled latents [n, c, h, w] in float32. */
export interface KeptLatent {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What the studio asks of its drawing process. Sent over the process channel with structured clone. */
export type WorkerRequest =
  | {
      readonly type: 'draw';
      readonly job: number;
      readonly recipe: Recipe;
      readonly previews: boolean;
      readonly latents: boolean;
    }
  | {
      /** Decode kept latents with a VAE. */
      readonly type: 'decode';
      readonly job: number;
      readonly latent: KeptLatent;
      /** Id of the family whose latents they are; may be absent where the checkpoint is known. */
      readonly family?: string | undefined;
      readonly checkpoint?: string | undefined;
      /** As in a recipe. */
      readonly vae: string;
      /** Receipts of the pictures, as JSON. */
      readonly receipts: readonly string[];
    }
  /** The recipe that comes next: its files may be opened while there is time and memory. */
  | { readonly type: 'prepare'; readonly recipe: Recipe }
  | { readonly type: 'pause'; readonly job: number }
  | { readonly type: 'resume'; readonly job: number }
  | { readonly type: 'cancel'; readonly job: number }
  /** Give all models back. */
  | { readonly type: 'unload' };

/** The parts of a job that take time, in order; each may be absent when its result is already known. */
export type Phase = 'read' | 'open text encoder' | 'encode prompt' | 'open denoiser' | 'sample' | 'open VAE' | 'decode';

/** One finished picture as pixels, with all that is said about it. */
export interface DrawnPicture {
  /** Place within the whole job, from 0. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /** 8-bit RGB rows. */
  readonly pixels: Uint8Array;
  readonly infotext: string;
  /** Receipt as JSON text. */
  readonly receipt: string;
  /** Final latent [4, h/8, w/8] float32, when asked for. */
  readonly latent?: Float32Array;
  /** Id of the family whose latent it is, when asked for. */
  readonly family?: string;
}

/** What the drawing process says while it works. */
export type WorkerEvent =
  | { readonly type: 'ready' }
  | { readonly type: 'phase'; readonly job: number; readonly phase: Phase }
  | { readonly type: 'note'; readonly job: number; readonly text: string }
  | {
      readonly type: 'step';
      readonly job: number;
      /** Batch within the job, from 0. */
      readonly batch: number;
      readonly step: number;
      readonly steps: number;
      /** Estimated seconds until the whole job is done; absent until it can be told. */
      readonly secondsLeft?: number;
      readonly preview?: { readonly width: number; readonly height: number; readonly pixels: Uint8Array };
    }
  | { readonly type: 'picture'; readonly job: number; readonly picture: DrawnPicture }
  | { readonly type: 'done'; readonly job: number }
  | {
      /** Also how a cancelled job ends, with the code `cancelled`. */
      readonly type: 'failed';
      readonly job: number;
      readonly code: string;
      readonly message: string;
      /** The parts of the message, where it is one of ours. */
      readonly trouble?: {
        readonly where: string;
        readonly expected: string;
        readonly found: string;
        readonly advice?: string;
      };
    }
  | { readonly type: 'unloaded'; readonly residentBytes: number };
