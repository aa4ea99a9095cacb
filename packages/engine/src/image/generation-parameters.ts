import type { SettingName, SettingValue } from './recorded-settings.ts';

/**
 * Whose random numbers, as pictures record it: those of a graphics card, of torch on a CPU, or the card's computed on any
 * machine.
 */
export type RecordedRng = 'GPU' | 'CPU' | 'NV';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A model file as pictures name it: name without extension, hash as recorded (10 hex digits in most programs). */
export interface NamedFile {
  readonly name?: string;
  readonly hash?: string;
}

/** An adapter or embedding that a picture used: its name in the prompt and its 12-digit hash. */
export interface HashedName {
  readonly name: string;
  readonly hash: string;
}

/** The second pass over an enlarged picture; fields left out are as in the first pass. */
export interface HiresParameters {
  readonly upscale?: number;
  readonly resize?: Size;
  readonly steps?: number;
  readonly upscaler?: string;
  readonly checkpoint?: string;
  readonly samplerName?: string;
  readonly scheduler?: string;
  readonly prompt?: string;
  readonly negativePrompt?: string;
}

/** How the mask of an inpainted picture was used, in the words of A1111. */
export interface MaskParameters {
  readonly mode?: string;
  readonly blur?: number;
  readonly area?: string;
  readonly padding?: number;
  readonly content?: string;
}

/** Another checkpoint that takes over when the fraction `switchAt` of the steps is done. */
export interface RefinerParameters {
  readonly checkpoint?: string;
  readonly switchAt?: number;
}

/**
 * Everything that a picture says about how it was made, as plain data in the words of A1111. A field that is absent was
 * not recorded; prompt, scheduler, CLIP skip, noise source and tiling have the values that A1111 assumes then.
 */
export interface GenerationParameters {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly steps?: number;
  readonly samplerName?: string;
  /** Label of the scheduler, `Automatic` for the sampler's own. */
  readonly scheduler: string;
  readonly cfgScale?: number;
  readonly imageCfgScale?: number;
  /** Unsigned 64 bit: ComfyUI draws seeds beyond the exact range of a number. */
  readonly seed?: bigint;
  readonly faceRestoration?: string;
  /** Size of the first pass in pixels. */
  readonly size?: Size;
  readonly model?: NamedFile;
  /** Absent when the VAE inside the checkpoint was used. */
  readonly vae?: NamedFile;
  readonly variation?: { readonly seed: bigint; readonly strength: number };
  readonly seedResizeFrom?: Size;
  readonly denoisingStrength?: number;
  readonly clipSkip: number;
  readonly initImageHash?: string;
  readonly rng: RecordedRng;
  readonly tiling: boolean;
  readonly hires?: HiresParameters;
  readonly mask?: MaskParameters;
  readonly refiner?: RefinerParameters;
  readonly loraHashes: readonly HashedName[];
  readonly tiHashes: readonly HashedName[];
  /** Settings that differ from their defaults, by the option names of A1111. */
  readonly settings: Readonly<Partial<Record<SettingName, SettingValue>>>;
  /** Pairs of a key and a value that nothing here knows, in their order. */
  readonly extra: readonly (readonly [key: string, value: string])[];
  /** Program and version, for example `v1.10.1`. */
  readonly version?: string;
  readonly user?: string;
}

/** Parameters of which nothing is known: what A1111 assumes when a picture does not say. */
export const UNKNOWN_PARAMETERS: GenerationParameters = {
  prompt: '',
  negativePrompt: '',
  scheduler: 'Automatic',
  clipSkip: 1,
  rng: 'GPU',
  tiling: false,
  loraHashes: [],
  tiHashes: [],
  settings: {},
  extra: [],
};
