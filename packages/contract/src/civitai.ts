import { z } from 'zod';
import { listOf, optional } from './lenient.ts';

// Shapes of the site API of Civitai as https://developer.civitai.com/site/reference/ documents them. Fields that are not read
// here are kept as they are.

const text = optional(z.string());
const number = optional(z.number());
const flag = optional(z.boolean());

/** A file of a version. Hashes are hex digits, usually capitals. */
export const civitaiFile = z.looseObject({
  id: number,
  name: text,
  /** Model, Pruned Model, VAE, Text Encoder, Config, Training Data … */
  type: text,
  /** In units of 1024 bytes. */
  sizeKB: number,
  metadata: optional(z.looseObject({ format: text, size: text, fp: text })),
  pickleScanResult: text,
  virusScanResult: text,
  hashes: optional(z.record(z.string(), z.string())),
  downloadUrl: text,
  primary: flag,
});

/** An example picture; `meta` is free-form. */
export const civitaiImage = z.looseObject({
  id: number,
  url: z.string(),
  /** image, video or audio */
  type: text,
  width: number,
  height: number,
  /** A bit mask in versions (1 is for everybody), a word in lists of images. */
  nsfwLevel: optional(z.union([z.number(), z.string()])),
  browsingLevel: number,
  username: text,
  meta: optional(z.record(z.string(), z.unknown())),
});

const stats = optional(
  z.looseObject({
    downloadCount: number,
    thumbsUpCount: number,
    thumbsDownCount: number,
    commentCount: number,
    rating: number,
    ratingCount: number,
  }),
);

/** A version of a model. */
export const civitaiVersion = z.looseObject({
  id: z.number(),
  modelId: number,
  name: z.string().catch(''),
  description: text,
  baseModel: text,
  publishedAt: text,
  createdAt: text,
  /** Public, EarlyAccess, Private … */
  availability: text,
  earlyAccessEndsAt: text,
  /** Download, Generation or InternalGeneration. */
  usageControl: text,
  trainedWords: listOf(z.string()),
  stats,
  model: optional(
    z.looseObject({ name: text, type: text, nsfw: flag, mode: text, description: text, tags: listOf(z.string()) }),
  ),
  files: listOf(civitaiFile),
  images: listOf(civitaiImage),
  downloadUrl: text,
});

/** A model with its versions, the newest first. */
export const civitaiModel = z.looseObject({
  id: z.number(),
  name: z.string().catch(''),
  description: text,
  /** Checkpoint, TextualInversion, Hypernetwork, AestheticGradient, LORA, LoCon, DoRA, Controlnet, Upscaler, VAE … */
  type: text,
  nsfw: flag,
  /** Archived or TakenDown. */
  mode: text,
  stats,
  creator: optional(z.looseObject({ username: text })),
  tags: listOf(z.string()),
  modelVersions: listOf(civitaiVersion),
});

const pages = z.looseObject({ nextCursor: optional(z.union([z.string(), z.number()])) });

/** A page of a list; without a cursor it is the last one. */
export const civitaiModelPage = z.looseObject({ items: listOf(civitaiModel), metadata: optional(pages) });
export const civitaiImagePage = z.looseObject({ items: listOf(civitaiImage), metadata: optional(pages) });

export type CivitaiFile = z.infer<typeof civitaiFile>;
export type CivitaiImage = z.infer<typeof civitaiImage>;
export type CivitaiVersion = z.infer<typeof civitaiVersion>;
export type CivitaiModel = z.infer<typeof civitaiModel>;
