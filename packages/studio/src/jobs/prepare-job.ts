import type { Recipe } from '@danqing/contract/recipe';
import type { FileHashes } from '../library/file-hashes.ts';
import { type CheckpointFiles, openCheckpoint } from './checkpoint-files.ts';
import { hashFiles } from './draw-job.ts';
import { checkRecipe, resolutionOf, type SettledRecipe, settleRecipe } from './plan-batches.ts';

/** What preparing needs of the drawing process. */
export interface PreparingPlace {
  /** Opens the networks of a recipe in the mode that it will be drawn in, if there is room for them beside what is open. */
  openAhead(files: CheckpointFiles, recipe: SettledRecipe): Promise<void>;
  readonly hashes: FileHashes;
}

/**
 * Gets ready for the recipe that comes next while another is drawn: its networks are opened between two steps, where there is room
 * for them, and its files hashed, which also brings them into the memory of the system. Never throws: what is wrong with a recipe is told when
 * its turn comes.
 */
export async function prepareJob(recipe: Recipe, { openAhead, hashes }: PreparingPlace): Promise<void> {
  try {
    checkRecipe(recipe);
    const files = await openCheckpoint(recipe.checkpoint, recipe.vae);
    const { family } = files.parts;
    const facts = { family, nativeSize: family.nativeSize, resolution: resolutionOf(files.index.metadata) };
    // Seeds do not matter here.
    const settled = settleRecipe(recipe, facts, () => 0);
    const hashing = hashFiles([files], [], hashes);
    hashing.catch(() => undefined);
    // Each set of adapters makes networks of its own.
    const chosen = recipe.loras.length + recipe.hypernetworks.length;
    if (chosen === 0 && !/<\w+:/.test(recipe.prompt)) await openAhead(files, settled);
    await hashing;
  } catch {
    // See above.
  }
}
