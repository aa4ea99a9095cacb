import { DanqingError } from '../errors.ts';
import { type Pixels, toPixels } from '../image/pixels.ts';
import type { ImageSeed } from '../sampling/noise/image-noise.ts';
import type { SamplingOptions } from '../sampling/options.ts';
import { sampleLatents, scheduledCalls } from '../sampling/sample-latents.ts';
import type { Sampler } from '../sampling/sampler.ts';
import type { Schedule } from '../sampling/schedule.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type Embeddings, NO_EMBEDDINGS } from '../text/embeddings/embedding.ts';
import { encodePrompts, type TextReport, type TextUse } from '../text/encode-prompts.ts';
import type { PromptOptions } from '../text/prompt-options.ts';
import type { ExtraNetworkTag } from '../text/prompt/extra-networks.ts';
import { type ParsedPrompts, parsePrompts } from '../text/prompt/parse-prompts.ts';
import { denoiserChannels, type SeenPictures } from './denoiser-channels.ts';
import type { Model } from './model.ts';

/** One batch of pictures that are drawn together, everything decided. */
export interface GenerateRequest {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly sampler: Sampler;
  /** None is the sampler's own. */
  readonly schedule: Schedule | undefined;
  readonly steps: number;
  readonly cfgScale: number;
  /** In pixels, multiples of the family's factor. */
  readonly width: number;
  readonly height: number;
  /** One for each picture. */
  readonly seeds: readonly ImageSeed[];
  readonly subseedStrength: number;
  /** Size in pixels at which the seeds' noise is first drawn. */
  readonly seedResizeFrom?: { readonly width: number; readonly height: number } | undefined;
  /** What models look at that take in more than noise and text. */
  readonly seen?: SeenPictures | undefined;
  /** How far a picture to edit counts (InstructPix2Pix); at 1 it is no matter of guidance, as in A1111. */
  readonly imageCfgScale?: number | undefined;
  /** A model that takes over and finishes the pictures. */
  readonly refiner?: { readonly model: Model; readonly switchAt: number } | undefined;
  readonly sampling: SamplingOptions;
  readonly text: PromptOptions;
  /** What the prompts may call by name. */
  readonly embeddings?: Embeddings;
  /** Types of tags in the prompt that the model was adapted by beforehand; the others are reported. */
  readonly handledTagTypes?: readonly string[];
}

/** What happens on the way; the phases in their order. */
export type GenerateEvent =
  | { readonly type: 'phase'; readonly phase: 'encode prompt' | 'sample' | 'decode' }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly steps: number;
      /** What the model sees in the noise so far, a latent [n, c, h, w]. */
      readonly denoised: Tensor;
    };

/** A finished batch. */
export interface GenerateResult {
  /** Final latents [n, c, h, w], scaled. */
  readonly latent: Tensor;
  /** One for each picture. */
  readonly pixels: readonly Pixels[];
  /** What was really done with the prompts. */
  readonly text: TextReport;
  readonly tags: readonly ExtraNetworkTag[];
  /** What there is to say about the models. */
  readonly notes: readonly string[];
  /** Whether the refiner took over; it decoded, too. */
  readonly isRefined: boolean;
  /** Whether the decoder of previews had to decode, as the VAE gave not-a-number. */
  readonly hasStandIn: boolean;
}

/**
 * Draws a batch of pictures: prompts are encoded, latents sampled, pixels decoded, picture by picture.
 * @throws bad-value, not-a-number (naming the step), cancelled, and what opening a network throws.
 */
export async function* generate(
  request: GenerateRequest,
  model: Model,
  signal?: AbortSignal,
): AsyncGenerator<GenerateEvent, GenerateResult, void> {
  const { seeds, sampler, steps, sampling, refiner } = request;
  const { latent: space } = model.parts.family;
  if (refiner !== undefined) refuseOtherSpace(model, refiner.model);

  yield { type: 'phase', phase: 'encode prompt' };
  const parsed = parse(request);
  const guided = await condition(model, parsed, request, signal);
  const refined = refiner && {
    ...(await condition(refiner.model, parsed, request, signal)),
    switchAt: refiner.switchAt,
  };

  yield { type: 'phase', phase: 'sample' };
  const resized = request.seedResizeFrom;
  const run = sampleLatents({
    ...guided.sampled,
    sampler,
    schedule: request.schedule,
    steps,
    cfgScale: request.cfgScale,
    shape: [space.channels, request.height / space.factor, request.width / space.factor],
    seeds,
    subseedStrength: request.subseedStrength,
    ...(resized && {
      resizedFrom: [Math.floor(resized.height / space.factor), Math.floor(resized.width / space.factor)] as const,
    }),
    imageCfgScale: guided.isEdit && request.imageCfgScale !== 1 ? request.imageCfgScale : undefined,
    refiner: refined && { ...refined.sampled, switchAt: refined.switchAt },
    options: sampling,
    ...(signal && { signal }),
  });
  let isRefined = false;
  let next = await run.next();
  while (next.done !== true) {
    const { step, steps: all, denoised } = next.value;
    isRefined = next.value.isRefined;
    yield { type: 'step', step, steps: all, denoised };
    next = await run.next();
  }
  const latent = next.value;
  refuseNonFinite(latent);

  yield { type: 'phase', phase: 'decode' };
  const latents = seeds.map((_, i) => pictureOf(latent, i));
  const decoder = isRefined && refiner ? refiner.model : model;
  const { pixels, notes: decoded } = await decodeAll(latents, decoder);
  const notes = [...new Set([...guided.notes, ...(refined?.notes ?? []), ...decoded])];
  return { latent, pixels, text: guided.report, tags: parsed.tags, notes, isRefined, hasStandIn: decoded.length > 0 };
}

/** Encodes the prompts of a request before its turn comes: the model keeps what it has encoded. @throws as `generate`. */
export async function encodeAhead(request: GenerateRequest, model: Model): Promise<void> {
  await condition(model, parse(request), request);
}

function parse({ prompt, negativePrompt, seeds, text, handledTagTypes = [] }: GenerateRequest): ParsedPrompts {
  const repeat = (one: string): string[] => seeds.map(() => one);
  return parsePrompts(repeat(prompt), repeat(negativePrompt), { stripComments: text.stripComments, handledTagTypes });
}

/** Decodes pictures one at a time: a batch would need as many times the memory of the decoder's widest layer. */
async function decodeAll(
  latents: readonly Tensor[],
  { decode, preview }: Model,
): Promise<{ readonly pixels: readonly Pixels[]; readonly notes: readonly string[] }> {
  const decodeWith = async (one: Model['decode']): Promise<Pixels[]> => {
    const pixels: Pixels[] = [];
    for (const latent of latents) pixels.push(...toPixels(await one(latent)));
    return pixels;
  };
  try {
    return { pixels: await decodeWith(decode), notes: [] };
  } catch (error) {
    // Where A1111 tries again in full precision, which is what was computed in here, another decoder is tried.
    if (!(error instanceof DanqingError) || error.code !== 'not-a-number' || preview === undefined) throw error;
    const note = `The VAE gave not-a-number (${error.trouble.found}); ${STOOD_IN}. Decode again with another VAE.`;
    return { pixels: await decodeWith(preview), notes: [note] };
  }
}

const STOOD_IN = 'the small decoder of previews stood in';

/** Whether a note speaks of the VAE that gave not-a-number, which is no matter of what another one decodes. */
export const isAboutStandIn = (note: string): boolean => note.includes(STOOD_IN);

/** The latent [1, c, h, w] of one picture of a batch. */
export function pictureOf({ shape, data }: Tensor, index: number): Tensor {
  const [, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  return { shape: [1, ...rest], data: data.subarray(index * size, (index + 1) * size) };
}

/** What a model is given to guide it, in its own terms. */
async function condition(model: Model, parsed: ParsedPrompts, request: GenerateRequest, signal?: AbortSignal) {
  const { width, height, text, sampler, steps, sampling } = request;
  const { family } = model.parts;
  const { vectorWidth } = model.parts.denoiser();
  const told = { width, height, cropTop: text.sdxlCropTop, cropLeft: text.sdxlCropLeft };
  const vectorOf = (pooled: Float32Array, role: TextUse['role']): Float32Array => {
    const aestheticScore = role === 'prompt' ? text.sdxlRefinerHighAestheticScore : text.sdxlRefinerLowAestheticScore;
    // unCLIP takes the picture that it draws variations of; A1111, too, gives it zeros where there is none.
    const vector = family.vector?.(pooled, { ...told, aestheticScore }) ?? new Float32Array(vectorWidth!);
    if (vector.length === vectorWidth) return vector;
    throw new DanqingError('bad-shape', {
      where: `${family.title} › UNet`,
      expected: `a vector of ${vectorWidth} numbers`,
      found: `${vector.length} from its text encoders and sizes`,
    });
  };
  const { conditioning, emptyContext, report } = await encodePrompts(
    parsed,
    model.promptEncoders(text, request.embeddings ?? NO_EMBEDDINGS),
    {
      steps: scheduledCalls(sampler, steps),
      needsEmptyContext: sampling.padCondUncond,
      zeroesEmptyNegative: family.zeroesEmptyNegative === true,
      vectorOf: vectorWidth === undefined ? undefined : vectorOf,
      ...(signal && { signal }),
    },
  );
  const { channels, isEdit, notes } = await denoiserChannels(model, request, request.seen ?? {});
  return {
    sampled: {
      model: await model.sampled(),
      conditioning: channels === undefined ? conditioning : conditioning.map((image) => ({ ...image, channels })),
      ...(emptyContext && { emptyContext }),
    },
    isEdit,
    report,
    notes: [...notes, ...(await notesOn(model))],
  };
}

/** What was found out about a model that changes its pictures. */
async function notesOn(model: Model): Promise<string[]> {
  const { family, zeroTerminalSnr, denoiser } = model.parts;
  const { type, because } = await model.prediction();
  const notes = because === undefined ? [] : [`${family.title}: the model predicts ${type}, by ${because.en}.`];
  if (zeroTerminalSnr) notes.push(`${family.title}: its noise levels end in pure noise, as its file asks for.`);
  if (denoiser().vectorWidth !== undefined && family.vector === undefined)
    notes.push(`${family.title} unCLIP: without a picture to vary it draws from the text alone.`);
  return notes;
}

/** @throws unsupported when the models do not share their latents. */
function refuseOtherSpace(base: Model, refiner: Model): void {
  const [from, to] = [base.parts.family, refiner.parts.family];
  if (from.latent.channels === to.latent.channels && from.latent.scale === to.latent.scale) return;
  throw new DanqingError('unsupported', {
    where: 'refiner',
    expected: `a checkpoint with the latents of ${from.title}`,
    found: `a checkpoint of ${to.title}`,
    advice: 'Choose a refiner of the same family.',
  });
}

function refuseNonFinite({ data }: Tensor): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  throw new DanqingError('not-a-number', {
    where: 'latent after the last step',
    expected: 'finite values',
    found: `${data[bad]} at element ${bad}`,
    advice: 'No picture was saved. The checkpoint may be damaged, or the settings too extreme.',
  });
}
