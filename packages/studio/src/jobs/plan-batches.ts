import type { Recipe } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import type { Family } from '@danqing/engine/family';
import type { GenerateRequest } from '@danqing/engine/pipelines/generate';
import { readOptions } from '@danqing/engine/pipelines/options';
import { findSampler, findSchedule } from '@danqing/engine/sampling/find-sampler';
import { batchSeeds } from '@danqing/engine/sampling/noise/image-noise';

/** Seeds that are drawn, not given, are below this, as in A1111. */
const DRAWN_SEEDS = 2 ** 32;

/** Sampler where a recipe names none. */
const DEFAULT_SAMPLER = 'DPM++ 2M';

/** Options of A1111 that are fields of a recipe here: one thing is said in one place. */
const FIELDS_OF_THEIR_OWN = { randn_source: 'rng', CLIP_stop_at_last_layers: 'clipSkip' };

/** One batch of a recipe, everything decided. */
export interface PlannedBatch {
  readonly request: GenerateRequest;
  /** Place of its first picture in the whole job. */
  readonly firstIndex: number;
}

/** What a checkpoint says of itself that decides what a recipe leaves open. */
export interface ModelFacts {
  readonly family: Family;
  /** Width and height that the original model was trained at. */
  readonly nativeSize: number;
  /** Width and height that the file names as its own. */
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
}

/** A recipe without open questions. */
export interface SettledRecipe extends Recipe {
  sampler: string;
  steps: number;
  cfgScale: number;
  width: number;
  height: number;
}

/** Fills in what a recipe leaves open; `random` gives numbers in [0, 1) for seeds that are to be drawn. */
export function settleRecipe(
  recipe: Recipe,
  { family, nativeSize, resolution }: ModelFacts,
  random: () => number,
): SettledRecipe {
  const drawn = (seed: number): number => (seed === -1 ? Math.floor(random() * DRAWN_SEEDS) : seed);
  return {
    ...recipe,
    sampler: recipe.sampler ?? DEFAULT_SAMPLER,
    steps: recipe.steps ?? family.defaults.steps,
    cfgScale: recipe.cfgScale ?? family.defaults.cfg,
    width: recipe.width ?? resolution?.width ?? nativeSize,
    height: recipe.height ?? resolution?.height ?? nativeSize,
    seed: drawn(recipe.seed),
    subseed: drawn(recipe.subseed),
  };
}

/**
 * The batches of a recipe in the order in which they are drawn.
 * @throws bad-value for an unknown sampler, scheduler or option.
 */
export function planBatches(recipe: SettledRecipe): PlannedBatch[] {
  const { sampler, schedule } = findSampler(recipe.sampler, recipe.scheduler);
  const options = readOptions(recipe.options);
  const seeds = batchSeeds(recipe, recipe.batchSize * recipe.batchCount, recipe.subseedStrength);
  return Array.from({ length: recipe.batchCount }, (_, batch) => {
    const firstIndex = batch * recipe.batchSize;
    const resize = recipe.seedResizeFrom;
    return {
      firstIndex,
      request: {
        prompt: recipe.prompt,
        negativePrompt: recipe.negativePrompt,
        sampler,
        schedule,
        steps: recipe.steps,
        cfgScale: recipe.cfgScale,
        width: recipe.width,
        height: recipe.height,
        seeds: seeds.slice(firstIndex, firstIndex + recipe.batchSize),
        subseedStrength: recipe.subseedStrength,
        ...(resize && { seedResizeFrom: { width: resize[0], height: resize[1] } }),
        sampling: { ...options.sampling, randnSource: recipe.rng },
        text: { ...options.text, clipSkip: recipe.clipSkip },
      },
    };
  });
}

/** What of a recipe has no effect, in sentences for its writer. */
export function remarksOn({ sampler: samplerName, scheduler }: SettledRecipe): string[] {
  const { sampler } = findSampler(samplerName);
  const schedule = findSchedule(scheduler);
  return sampler.kind === 'timestep' && schedule !== undefined
    ? [`${sampler.name} has time steps of its own; the scheduler ${schedule.label} has no effect.`]
    : [];
}

/** Width and height in a file's metadata (`modelspec.resolution`: `512x512`); undefined where it does not say. */
export function resolutionOf(metadata: ReadonlyMap<string, string>): ModelFacts['resolution'] {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(metadata.get('modelspec.resolution') ?? '');
  const [width, height] = [Number(match?.[1]), Number(match?.[2])];
  const isSide = (side: number) => side >= 8 && side <= 8192 && side % 8 === 0;
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

/** Refuses a recipe that is already unsound before anything is opened. @throws bad-value. */
export function checkRecipe(recipe: Recipe): void {
  if (recipe.sampler !== undefined) findSampler(recipe.sampler, recipe.scheduler);
  readOptions(recipe.options);
  for (const [option, field] of Object.entries(FIELDS_OF_THEIR_OWN)) {
    if (!(option in recipe.options)) continue;
    throw new DanqingError('bad-value', {
      where: `option ${option}`,
      expected: `the field ${field} in its place`,
      found: `"${recipe.options[option]}"`,
    });
  }
  if (recipe.batchSize * recipe.batchCount > 100_000) {
    throw new DanqingError('bad-value', {
      where: 'batch',
      expected: 'at most 100000 pictures',
      found: `${recipe.batchSize * recipe.batchCount}`,
    });
  }
}
