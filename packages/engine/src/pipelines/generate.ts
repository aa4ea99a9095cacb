import { DanqingError } from '../errors.ts';
import { type Pixels, toPixels } from '../image/pixels.ts';
import type { ImageSeed } from '../sampling/noise/image-noise.ts';
import type { SamplingOptions } from '../sampling/options.ts';
import { sampleLatents, scheduledCalls } from '../sampling/sample-latents.ts';
import type { Sampler } from '../sampling/sampler.ts';
import type { Schedule } from '../sampling/schedule.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { encodePrompts, type TextReport } from '../text/encode-prompts.ts';
import type { PromptOptions } from '../text/prompt-options.ts';
import type { ExtraNetworkTag } from '../text/prompt/extra-networks.ts';
import { parsePrompts } from '../text/prompt/parse-prompts.ts';
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
  readonly sampling: SamplingOptions;
  readonly text: PromptOptions;
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
  const { seeds, sampler, steps, sampling } = request;
  const { latent: space } = model.parts.family;

  yield { type: 'phase', phase: 'encode prompt' };
  const repeat = (text: string): string[] => seeds.map(() => text);
  const parsed = parsePrompts(repeat(request.prompt), repeat(request.negativePrompt), {
    stripComments: request.text.stripComments,
    handledTagTypes: [],
  });
  const { conditioning, emptyContext, report } = await encodePrompts(parsed, model.promptEncoder(request.text), {
    steps: scheduledCalls(sampler, steps),
    needsEmptyContext: sampling.padCondUncond,
    ...(signal && { signal }),
  });

  yield { type: 'phase', phase: 'sample' };
  const resized = request.seedResizeFrom;
  const run = sampleLatents({
    model: await model.sampled(),
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
    conditioning,
    ...(emptyContext && { emptyContext }),
    options: sampling,
    ...(signal && { signal }),
  });
  let next = await run.next();
  while (next.done !== true) {
    const { step, steps: all, denoised } = next.value;
    yield { type: 'step', step, steps: all, denoised };
    next = await run.next();
  }
  const latent = next.value;
  refuseNonFinite(latent);

  yield { type: 'phase', phase: 'decode' };
  const pixels: Pixels[] = [];
  // One at a time: a batch would need as many times the memory of the decoder's widest layer.
  for (let i = 0; i < seeds.length; i++) pixels.push(...toPixels(await model.decode(pictureOf(latent, i))));
  return { latent, pixels, text: report, tags: parsed.tags };
}

/** The latent [1, c, h, w] of one picture of a batch. */
export function pictureOf({ shape, data }: Tensor, index: number): Tensor {
  const [, ...rest] = shape;
  const size = rest.reduce((a, b) => a * b, 1);
  return { shape: [1, ...rest], data: data.subarray(index * size, (index + 1) * size) };
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
