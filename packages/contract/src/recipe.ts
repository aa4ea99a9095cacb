import { z } from 'zod';
import { loraChoice } from './lora-choice.ts';

/** Largest seed that survives JSON; A1111 draws seeds below 2^32, pasted ones may be larger. */
const MAX_SEED = Number.MAX_SAFE_INTEGER;

const seed = z.int().min(-1).max(MAX_SEED);
const side = z.int().min(8).max(8192).multipleOf(8);

/** A setting that changes a picture, by its A1111 name (`eta_ancestral`, `comma_padding_backtrack` …). */
export const optionValue = z.union([z.string(), z.number(), z.boolean()]);

/**
 * Everything that makes a picture again, as a person asks for it. `-1` as a seed means "draw one"; a recipe that has
 * been carried out has real seeds.
 */
export const recipe = z.object({
  prompt: z.string(),
  negativePrompt: z.string().default(''),
  /** Path of the checkpoint file; absent means the embedded starter. */
  checkpoint: z.string().optional(),
  /** `automatic` (a VAE named like the checkpoint, else the one inside), `none` (the one inside), `taesd`, or a path. */
  vae: z.string().default('automatic'),
  /** A sampler name; the joined form "DPM++ 2M Karras" is understood too. */
  sampler: z.string().optional(),
  scheduler: z.string().default('Automatic'),
  steps: z.int().min(1).max(1000).optional(),
  cfgScale: z.number().min(0).max(1000).optional(),
  seed: seed.default(-1),
  subseed: seed.default(-1),
  subseedStrength: z.number().min(0).max(1).default(0),
  /** Size the seed's noise is first drawn at, [width, height] in pixels; absent: no seed resize. */
  seedResizeFrom: z.tuple([side, side]).optional(),
  width: side.optional(),
  height: side.optional(),
  batchSize: z.int().min(1).max(64).default(1),
  batchCount: z.int().min(1).max(10_000).default(1),
  clipSkip: z.int().min(1).max(100).default(1),
  /** A second checkpoint that takes over when the share `switchAt` of the noise is gone, and finishes the pictures. */
  refiner: z.object({ checkpoint: z.string(), switchAt: z.number().min(0).max(1).default(0.8) }).optional(),
  rng: z.enum(['nv', 'cpu']).default('nv'),
  /** How memory is traded against speed; `auto` takes the fastest that fits into the free memory. */
  mode: z.enum(['auto', 'fast', 'quick', 'small']).default('auto'),
  /** What the networks run on. */
  runtime: z.enum(['cpu', 'webgpu', 'cuda']).default('cpu'),
  /** LoRAs and their kin beside those that tags in the prompt ask for; a weight that is absent is the author's, or 1. */
  loras: z.array(loraChoice).default([]),
  /** Folders to look for LoRAs in, beside the program's own. */
  loraFolders: z.array(z.string()).default([]),
  /** Hypernetworks beside those that tags in the prompt ask for; a strength that is absent is 1. */
  hypernetworks: z.array(z.object({ name: z.string().min(1), strength: z.number().optional() })).default([]),
  /** Folders to look for hypernetworks in, beside the program's own. */
  hypernetworkFolders: z.array(z.string()).default([]),
  /** Folders to look for embeddings in, beside the program's own. */
  embeddingFolders: z.array(z.string()).default([]),
  /** Apply add-ons that do not fit the checkpoint, as far as they do. */
  forceAddOns: z.boolean().default(false),
  /** An aesthetic embedding towards which every text is tuned; the rest in the terms of A1111's extension. */
  aesthetic: z
    .object({
      /** Path or name of its file. */
      embedding: z.string().min(1),
      weight: z.number().min(0).max(1).default(0.9),
      steps: z.int().min(0).max(1000).default(5),
      learningRate: z.number().min(0).max(1).default(0.0001),
      slerp: z.boolean().default(false),
      text: z.string().default(''),
      textNegative: z.boolean().default(false),
      slerpAngle: z.number().min(-1).max(1).default(0.1),
      /** File with CLIP-L's text encoder and its projection; absent: looked for among the text encoders. */
      clip: z.string().min(1).optional(),
    })
    .optional(),
  options: z.record(z.string(), optionValue).default({}),
});

export type Recipe = z.infer<typeof recipe>;
export type RecipeInput = z.input<typeof recipe>;
