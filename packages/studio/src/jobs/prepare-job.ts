import type { Recipe } from '@danqing/contract/recipe';
import { encodeAhead } from '@danqing/engine/pipelines/generate';
import type { Model } from '@danqing/engine/pipelines/model';
import type { FileHashes } from '../library/file-hashes.ts';
import { type CheckpointFiles, openCheckpoint } from './checkpoint-files.ts';
import { hashFiles } from './draw-job.ts';
import { checkRecipe, planBatches, resolutionOf, type SettledRecipe, settleRecipe } from './plan-batches.ts';
import { type AddOnPlace, handledTagTypes, prepareAddOns, type ReadyAddOns } from './prepare-add-ons.ts';

/** What preparing needs of the drawing process. */
export interface PreparingPlace extends AddOnPlace {
  /** The model of a recipe in the mode that it will be drawn in; undefined where there is no room for it beside what is open. */
  modelAhead(
    files: CheckpointFiles,
    recipe: SettledRecipe,
    addOns: Pick<ReadyAddOns, 'adapt' | 'bytes'>,
  ): Promise<Model | undefined>;
  readonly hashes: FileHashes;
}

/**
 * Gets ready for the recipe that comes next while another is drawn: its networks are opened between two steps, where there is room
 * for them, its prompts encoded, and its files hashed, which also brings them into the memory of the system. Never throws: what is wrong with a
 * recipe is told when its turn comes.
 */
export async function prepareJob(recipe: Recipe, place: PreparingPlace): Promise<void> {
  try {
    checkRecipe(recipe);
    const files = await openCheckpoint(recipe.checkpoint, recipe.vae);
    const { family } = files.parts;
    const facts = { family, nativeSize: family.nativeSize, resolution: resolutionOf(files.index.metadata) };
    // Seeds do not matter here.
    const settled = settleRecipe(recipe, facts, () => 0);
    // In threads of its own; nothing waits for it.
    hashFiles([files], [], place.hashes).catch(() => undefined);
    const addOns = await prepareAddOns(settled, files, place);
    const model = await place.modelAhead(files, settled, addOns);
    const [batch] = planBatches(settled);
    if (model !== undefined && batch !== undefined) {
      const { embeddings } = addOns;
      await model.open(batch.request.text);
      // An adapted model is another one in the job itself.
      if (addOns.adapt === undefined) await encodeAhead({ ...batch.request, handledTagTypes, embeddings }, model);
    }
  } catch {
    // See above.
  }
}
