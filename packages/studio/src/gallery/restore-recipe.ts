import type { RecipeInput } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import { readAesthetic } from '@danqing/engine/image/aesthetic-parameters';
import type { GenerationParameters, Size } from '@danqing/engine/image/generation-parameters';
import { optionNames, type OptionValue } from '@danqing/engine/pipelines/options';

/**
 * The recipe that makes a picture again from what is recorded in it; checkpoint, VAE, refiner and LoRAs are left to the caller, who has to
 * find their files.
 * @param size of the picture in pixels, where its parameters do not say.
 * @throws missing when too little is recorded; unsupported when it was made in a way that is not there yet.
 */
export function restoreRecipe(parameters: GenerationParameters, size: Size): RecipeInput {
  const obstacle = findObstacle(parameters);
  if (obstacle !== undefined) {
    throw new DanqingError('unsupported', {
      where: 'picture',
      expected: 'one drawn from text in a single pass',
      found: obstacle,
    });
  }
  const { samplerName, steps, cfgScale, seed, variation, seedResizeFrom } = parameters;
  if (samplerName === undefined || steps === undefined || seed === undefined) {
    throw new DanqingError('missing', {
      where: 'picture',
      expected: 'its sampler, steps and seed',
      found: 'not all of them recorded',
      advice: 'It cannot be made again without them.',
    });
  }
  const { width, height } = parameters.size ?? size;
  return {
    prompt: parameters.prompt,
    negativePrompt: parameters.negativePrompt,
    sampler: samplerName,
    scheduler: parameters.scheduler,
    steps,
    ...(cfgScale !== undefined && { cfgScale }),
    seed: exactSeed(seed),
    ...(variation && { subseed: exactSeed(variation.seed), subseedStrength: variation.strength }),
    ...(seedResizeFrom && { seedResizeFrom: [seedResizeFrom.width, seedResizeFrom.height] }),
    width,
    height,
    clipSkip: parameters.clipSkip,
    // A graphics card's noise is computed as `nv`.
    rng: parameters.rng === 'CPU' ? 'cpu' : 'nv',
    aesthetic: readAesthetic(parameters.extra),
    options: Object.fromEntries(
      Object.entries(parameters.settings).filter((entry): entry is [string, OptionValue] => optionNames.has(entry[0])),
    ),
  };
}

/** What was done beside drawing from text, as a phrase. */
function findObstacle(parameters: GenerationParameters): string | undefined {
  const { hires, denoisingStrength, initImageHash, mask, tiling, faceRestoration, extra } = parameters;
  if (extra.some(([key]) => key === 'X Type')) return 'a grid of several pictures';
  if (hires !== undefined) return 'a second pass over an enlarged picture';
  if (mask !== undefined) return 'a picture that was painted into another';
  if (initImageHash !== undefined || denoisingStrength !== undefined)
    return 'a picture that was made from another picture';
  if (tiling) return 'a picture made to be tiled';
  if (faceRestoration !== undefined) return 'faces that were restored afterwards';
  return undefined;
}

function exactSeed(seed: bigint): number {
  if (seed <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(seed);
  throw new DanqingError('unsupported', {
    where: 'seed',
    expected: `at most ${Number.MAX_SAFE_INTEGER}`,
    found: String(seed),
  });
}
