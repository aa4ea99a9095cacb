import { z } from 'zod';
import { loraChoice } from './lora-choice.ts';

/** A number type that weights can be stored as. */
export const precision = z.enum(['fp32', 'fp16', 'bf16', 'fp8_e4m3', 'fp8_e5m2', 'fp64']);

/** A kind of file that models can be saved as. */
export const modelFormat = z.enum(['safetensors', 'torch']);

const partAction = z.enum(['copy', 'convert', 'delete']);

/** Changes of a file's text metadata; absent: none. */
const metadataChange = z.object({
  set: z.record(z.string().min(1), z.string()).default({}),
  remove: z.array(z.string()).default([]),
  /** Remove all that was there before. */
  clear: z.boolean().default(false),
});

const target = {
  /** A file, or a folder to put it into; absent: beside the first input, by a name that says what was done. */
  output: z.string().min(1).optional(),
  /** Absent: as the ending of the output says, else safetensors. */
  format: modelFormat.optional(),
  overwrite: z.boolean().default(false),
};

/** What is asked of `convert`. */
export const convertRequest = z.object({
  file: z.string().min(1),
  ...target,
  precision: precision.optional(),
  parts: z
    .object({ unet: partAction, textEncoder: partAction, vae: partAction, other: partAction })
    .partial()
    .default({}),
  prune: z.enum(['no', 'no-ema', 'ema-only']).default('no'),
  fixPositionIds: z.boolean().default(false),
  dropJunk: z.boolean().default(false),
  /** File of a VAE to put in the place of the one inside. */
  vae: z.string().min(1).optional(),
  metadata: metadataChange.default({ set: {}, remove: [], clear: false }),
});

/** What is asked of `merge`. */
export const mergeRequest = z.object({
  /** A, B, C … as A1111 calls them. */
  models: z.array(z.string().min(1)).min(1).max(100),
  /** Absent: the sum where there are weights, else as many models ask for: one, two or three. */
  mode: z.enum(['none', 'weighted-sum', 'add-difference', 'sum']).optional(),
  /** M of weighted sum and add difference. */
  multiplier: z.number().min(-100).max(100).default(0.3),
  /** One per model, for `sum`. */
  weights: z.array(z.number().min(-100).max(100)).optional(),
  /** 25 or 19 numbers with commas, or one more in front for all that is no block. */
  blockWeights: z.string().optional(),
  /** Store what is float32 afterwards as fp16. */
  half: z.boolean().default(false),
  vae: z.string().min(1).optional(),
  /** Put into the one model that there is. */
  loras: z.array(loraChoice).default([]),
  /** Folders to look for them in, beside the program's own. */
  loraFolders: z.array(z.string()).default([]),
  /** Apply those that do not fit the model, as far as they do. */
  forceAddOns: z.boolean().default(false),
  /** Regular expression; tensors whose names fit are left out. */
  discard: z.string().min(1).optional(),
  ...target,
});

const rank = z.int().min(1).max(4096);

/** How many ranks the layers of a new LoRA have. */
const rankChoice = {
  /** The most there may be where a quality is chosen. */
  rank: rank.optional(),
  /** Of convolutions. */
  convRank: rank.optional(),
  /** As kohya's scripts resize: singular values above the largest divided by `value`, or as many as hold that share. */
  quality: z
    .discriminatedUnion('by', [
      z.object({ by: z.literal('sv-ratio'), value: z.number().min(1) }),
      z.object({ by: z.enum(['sv-fro', 'sv-cumulative']), value: z.number().gt(0).max(1) }),
    ])
    .optional(),
  precision: z.enum(['fp32', 'fp16', 'bf16']).default('fp16'),
};

/** What is asked of `extract`. */
export const extractRequest = z.object({
  tuned: z.string().min(1),
  base: z.string().min(1),
  ...rankChoice,
  textEncoder: z.boolean().default(true),
  ...target,
});

/** The checkpoint that LoRAs are for: for kinds whose change hangs on its weights. */
const base = z.string().min(1).optional();

/** What is asked of `resize`. */
export const resizeRequest = z.object({ file: z.string().min(1), base, ...rankChoice, ...target });

/** What is asked of `merge` where its models are LoRAs. */
export const joinRequest = z.object({
  loras: z.array(z.string().min(1)).min(2).max(100),
  /** One per LoRA; 1 each when absent. */
  weights: z.array(z.number().min(-100).max(100)).optional(),
  base,
  ...rankChoice,
  ...target,
});

/** What is asked of `metadata`. */
export const metadataRequest = z.object({
  file: z.string().min(1),
  /** Absent: the file itself is changed. */
  output: z.string().min(1).optional(),
  overwrite: z.boolean().default(false),
  ...metadataChange.shape,
});

export type ConvertRequest = z.infer<typeof convertRequest>;
export type ConvertInput = z.input<typeof convertRequest>;
export type MergeRequest = z.infer<typeof mergeRequest>;
export type MergeInput = z.input<typeof mergeRequest>;
export type ExtractInput = z.input<typeof extractRequest>;
export type ResizeInput = z.input<typeof resizeRequest>;
export type JoinInput = z.input<typeof joinRequest>;
export type RankChoice = Pick<z.infer<typeof extractRequest>, 'rank' | 'convRank' | 'quality' | 'precision'>;
export type MetadataRequest = z.infer<typeof metadataRequest>;
export type MetadataInput = z.input<typeof metadataRequest>;

/** How far a change of files is. */
export interface ChangeProgress {
  /** Hashing comes before a merge whose models are not known yet; the work on matrices before a LoRA is written. */
  readonly phase: 'hash' | 'approximate' | 'write';
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Absent until it can be told. */
  readonly secondsLeft?: number;
}

/** What a change did to the values of a part. */
export interface PartReport {
  readonly part: 'unet' | 'textEncoder' | 'vae' | 'other';
  readonly tensors: number;
  /** Values beyond the range of their new type, which are its largest now. */
  readonly saturated: number;
  /** Values that are no numbers, or infinite: no picture comes out of them. */
  readonly nan: number;
  readonly infinite: number;
}

/** What was written. */
export interface ChangeReport {
  readonly output: string;
  readonly sizeBytes: number;
  readonly seconds: number;
  readonly parts: readonly PartReport[];
  /** What else there is to say, in both languages. */
  readonly notes: readonly { readonly en: string; readonly zh: string }[];
}
