import type { PredictionType } from '../family.ts';
import type { DType } from '../tensor/dtype.ts';
import type { SectionId } from '../weights/keys/sections.ts';
import type { Words } from '../words.ts';

/** What a file can be. */
export type KindId =
  | 'checkpoint'
  | 'denoiser'
  | 'vae'
  | 'taesd'
  | 'embedding'
  | 'hypernetwork'
  | 'lora'
  | 'lycoris'
  | 'aesthetic-gradient'
  | 'controlnet'
  | 't2i-adapter'
  | 'ip-adapter'
  | 'motion-module'
  | 'text-encoder'
  | 'vision-encoder'
  | 'upscaler'
  | 'face-restorer'
  | 'annotator'
  | 'tagger'
  | 'captioner'
  | 'safety-checker'
  | 'training-state'
  | 'unknown';

/** What is known of a file beside what is in it. */
export interface FileFacts {
  /** Name without folders. */
  readonly fileName: string;
  readonly sizeBytes: number;
}

/** What a file is, what speaks for it, and what it is good for; all of it read from names, shapes and notes. */
export interface Identification {
  readonly kind: KindId;
  /** What it is in one line: `LoRA for Stable Diffusion XL`. */
  readonly title: Words;
  /** `broken`: it is clear what it is meant to be, and that it is not whole. */
  readonly verdict: 'known' | 'broken' | 'unknown';
  /** Which entry of a registry recognised it: a family, a signature, or a layout of LoRA keys; undefined for an unknown file. */
  readonly recognisedBy: string | undefined;
  /** Container of the file: `safetensors`, `torch zip`, … */
  readonly format: string;
  /** Families that it belongs to or fits; several where shapes cannot tell. */
  readonly families: readonly FamilyFact[];
  /** For an unknown file what it looks most like. */
  readonly closest: Words | undefined;
  /** Model of the family or of the kind: inpainting, dev, ×4. */
  readonly variant: { readonly id: string; readonly title: Words } | undefined;
  readonly weightSet: WeightSet | undefined;
  readonly prediction: Prediction | undefined;
  /** Size in pixels that its notes say it was trained at, where they do. */
  readonly notedSize?: { readonly width: number; readonly height: number };
  /** What is inside, largest first, with the precision of each. */
  readonly parts: readonly PartFact[];
  /** Parts that it would need to draw by itself. */
  readonly missing: readonly { readonly id: SectionId; readonly title: Words }[];
  /** The VAE inside a checkpoint, if there is one. */
  readonly bakedVae: boolean | undefined;
  /** Type of most of the weights. */
  readonly precision: Precision | undefined;
  readonly size: SizeFact;
  /** Folder that it belongs in, below the folder of models. */
  readonly folder: string | undefined;
  readonly goodFor: readonly Words[];
  readonly addOn: AddOnFact | undefined;
  readonly reasons: readonly Words[];
  /** Where the file's notes say something else than its shapes; the shapes count. */
  readonly conflicts: readonly Conflict[];
  readonly warnings: readonly Words[];
  /** What is missing or does not fit; only in a broken file. */
  readonly damage: readonly Words[];
}

export interface FamilyFact {
  readonly id: string;
  readonly title: string;
  /** Width and height in pixels that it was trained at. */
  readonly nativeSize: number;
}

/** Which weights of the denoiser a checkpoint holds. */
export interface WeightSet {
  /** `full`: the weights that are trained and their running average (EMA); `one`: only one of the two. */
  readonly id: 'full' | 'one';
  /** What the file name calls it. */
  readonly named: 'ema-only' | 'non-ema' | 'pruned' | 'full' | undefined;
  readonly title: Words;
}

/** What the denoiser predicts. */
export interface Prediction {
  readonly type: PredictionType | 'flow' | 'unknown';
  readonly sure: boolean;
  readonly why: Words;
}

/** A part of a file: its tensors by type. */
export interface PartFact {
  readonly id: SectionId | 'whole';
  readonly title: Words;
  readonly tensors: number;
  readonly bytes: number;
  readonly types: readonly { readonly dtype: DType; readonly tensors: number; readonly bytes: number }[];
}

export interface Precision {
  readonly dtype: DType;
  readonly title: Words;
}

export interface SizeFact {
  readonly bytes: number;
  /** What is usual for its kind. */
  readonly usual: readonly [least: number, most: number] | undefined;
  readonly verdict: 'usual' | 'small' | 'large' | undefined;
}

export interface Conflict {
  readonly about: Words;
  /** What the notes or the name say. */
  readonly said: string;
  /** What names and shapes show. */
  readonly shown: string;
}

/** What is known of a LoRA or one of its kin. */
export interface AddOnFact {
  /** How its keys are written. */
  readonly layout: { readonly id: string; readonly title: Words };
  readonly algorithms: readonly { readonly id: string; readonly title: Words; readonly modules: number }[];
  readonly ranks: readonly { readonly rank: number; readonly modules: number }[];
  /** Modules that store an alpha, and the value that the notes tell. */
  readonly alpha: { readonly modules: number; readonly noted: string | undefined };
  /** Modules by the network that they change. */
  readonly targets: readonly { readonly id: TargetId; readonly title: Words; readonly modules: number }[];
  /** Modules that change 3×3 convolutions. */
  readonly convolutions: number;
  /** Modules with a magnitude of their own (DoRA). */
  readonly dora: number;
  /** Words whose embeddings come along. */
  readonly embeddings: readonly string[];
  /** Keys that belong to no module. */
  readonly strangers: readonly string[];
}

/** A network that add-ons change. */
export type TargetId = 'denoiser' | 'text-encoder-1' | 'text-encoder-2' | 'text-encoder-3';
