import { basename } from 'node:path';
import type { Phase, WorkerEvent, WorkerRequest } from '@danqing/contract/worker-messages';
import { describeFewSteps, fewStepsOf } from '@danqing/engine/identify/few-steps';
import { isWashedOut, measureColours } from '@danqing/engine/image/measure-colours';
import { type Pixels, toPixels } from '@danqing/engine/image/pixels';
import type { Receipt } from '@danqing/engine/image/receipt';
import { generate, pictureOf } from '@danqing/engine/pipelines/generate';
import type { Model, ModelHands } from '@danqing/engine/pipelines/model';
import { isFolder } from '@danqing/engine/weights/diffusers/model-folder';
import { openAesthetic } from '../adapters/open-aesthetic.ts';
import type { KeptLatents } from '../gallery/kept-latents.ts';
import type { FileHashes } from '../library/file-hashes.ts';
import { type CheckpointFiles, openCheckpoint } from './checkpoint-files.ts';
import { describePicture, notesOf } from './describe-picture.ts';
import type { JobControl } from './job-control.ts';
import {
  checkRecipe,
  type PlannedBatch,
  planBatches,
  remarksOn,
  resolutionOf,
  type SettledRecipe,
  settleRecipe,
} from './plan-batches.ts';
import { type AddOnPlace, handledTagTypes, prepareAddOns } from './prepare-add-ons.ts';
import { DECODE_COST, Progress, type PlannedWork } from './progress.ts';

/** Previews more often than this cost time and show nothing new. */
const PREVIEW_EVERY_MS = 1000;

/** What jobs share: open sessions, known hashes, clock and chance. */
export interface DrawingPlace extends AddOnPlace {
  /**
   * The model of these files, kept from before or put together now, what it will run on, and what is to be said of that.
   * @param besideBytes memory that the job takes beside its networks.
   * @throws unsupported when the runtime cannot be used here.
   */
  modelOf(
    files: CheckpointFiles,
    recipe: SettledRecipe,
    besideBytes: number,
  ): Promise<{ readonly model: Model; readonly runtime: Receipt['runtime']; readonly notes: readonly string[] }>;
  /** The same, adapted. */
  adapted(files: CheckpointFiles, recipe: SettledRecipe, adapt: (hands: ModelHands) => ModelHands): Promise<Model>;
  readonly hashes: FileHashes;
  readonly latents: KeptLatents;
  now(): number;
  random(): number;
}

interface OpenRefiner {
  readonly files: CheckpointFiles;
  readonly model: Model;
  readonly switchAt: number;
}

type Draw = Extract<WorkerRequest, { type: 'draw' }>;

/** Carries out one job and tells everything that happens; ends with `done` or throws. */
export async function drawJob(
  { job, recipe, previews, latents }: Draw,
  place: DrawingPlace,
  control: JobControl,
  tell: (event: WorkerEvent) => Promise<void>,
): Promise<void> {
  checkRecipe(recipe);
  await tell({ type: 'phase', job, phase: 'read' });
  const files = await openCheckpoint(recipe.checkpoint, recipe.vae);
  const { family } = files.parts;
  const facts = { family, nativeSize: family.nativeSize, resolution: resolutionOf(files.index.metadata) };
  const asked = settleRecipe(recipe, facts, () => place.random());
  const aesthetic = recipe.aesthetic && (await openAesthetic(recipe.aesthetic, files.parts));
  const addOns = await prepareAddOns(asked, files, place);
  const besideBytes = (aesthetic?.tuningBytes ?? 0) + addOns.bytes;
  const { model, runtime, notes } = await place.modelOf(files, asked, besideBytes);
  for (const text of [...remarksOn(asked), ...notes, ...offerFewSteps(files, asked), ...(aesthetic?.notes ?? [])])
    await tell({ type: 'note', job, text });
  // Of the two sizes of SD 2.x, which one is right is known when it is known what the denoiser predicts.
  const sized = { ...facts, nativeSize: await model.nativeSize() };
  const settled = settleRecipe({ ...recipe, seed: asked.seed, subseed: asked.subseed }, sized, () => place.random());
  const batches = planBatches({ ...settled, prompt: settled.prompt + addOns.addedTags });
  const refiner = recipe.refiner && (await openRefiner(recipe.refiner, settled, besideBytes, place));
  // Hashing goes on beside the drawing; it is only needed for the first picture.
  const used = refiner === undefined ? [files] : [files, refiner.files];
  const hashing = hashFiles(used, aesthetic?.files ?? [], place.hashes);
  hashing.catch(() => undefined);

  const progress = new Progress(batches.flatMap(planWork), place.now());
  for (const text of addOns.notes) await tell({ type: 'note', job, text });
  const tuned = (base: Model): Model => aesthetic?.gradient.tune(base) ?? base;
  const drawing = tuned(addOns.adapt === undefined ? model : await place.adapted(files, settled, addOns.adapt));
  const late = refiner && (await addOns.onRefiner(refiner.files));
  for (const text of late?.notes ?? []) await tell({ type: 'note', job, text });
  const finisher = late?.adapt ? await place.adapted(refiner!.files, settled, late.adapt) : refiner?.model;
  const finishing = refiner && { ...refiner, model: tuned(finisher!) };
  const beginStep = (step: number): void => {
    addOns.beginStep(step);
    late?.beginStep(step);
  };
  const { embeddings } = addOns;

  const showPreview = previewer(previews ? model.preview : undefined, place);
  for (const [batchNumber, batch] of batches.entries()) {
    beginStep(1);
    const run = generate(
      { ...batch.request, refiner: finishing, handledTagTypes, embeddings },
      drawing,
      control.signal,
    );
    let next = await run.next();
    while (next.done !== true) {
      const event = next.value;
      if (event.type === 'phase') {
        progress.begin(event.phase, place.now());
        await tell({ type: 'phase', job, phase: event.phase });
      } else {
        beginStep(event.step + 1);
        progress.finishUnit(place.now());
        const secondsLeft = progress.secondsLeft(place.now());
        const preview = await showPreview(event.denoised);
        await tell({
          type: 'step',
          job,
          batch: batchNumber,
          step: event.step,
          steps: event.steps,
          ...(secondsLeft !== undefined && { secondsLeft }),
          ...(preview && { preview }),
        });
      }
      progress.exclude(await control.pass(() => place.now()));
      next = await run.next();
    }
    const result = next.value;
    progress.finishUnit(place.now());
    for (const text of notesOf(result, addOns)) await tell({ type: 'note', job, text });
    const refined = result.isRefined ? refiner : undefined;
    const drawn = { batch, files, refiner: refined, sha256: await hashing, runtime, result, addOns, aesthetic };
    for (const [i, pixels] of result.pixels.entries()) {
      const latent = pictureOf(result.latent, i);
      const { infotext, receipt, latentSha256 } = describePicture(drawn, i, pixels, latent.data);
      for (const text of remarksOnColours(pixels)) await tell({ type: 'note', job, text });
      await tell({
        type: 'picture',
        job,
        picture: {
          index: batch.firstIndex + i,
          width: pixels.width,
          height: pixels.height,
          pixels: pixels.data,
          infotext,
          receipt,
          ...(latents && { latent: latent.data.slice(), family: family.id }),
        },
      });
      const { checkpoint } = refined?.files ?? files;
      await place.latents.keep(latentSha256, { latent, family: family.id, checkpoint, receipts: [receipt] });
    }
  }
  await tell({ type: 'done', job });
}

/** What is to be said of a checkpoint that was made for a few steps and is drawn with in another way. */
function offerFewSteps({ checkpoint, index }: CheckpointFiles, { steps, cfgScale }: SettledRecipe): string[] {
  const ways = fewStepsOf(index);
  if (ways === undefined || (steps <= 2 * ways.steps && cfgScale <= 2 * ways.cfg)) return [];
  return [`${basename(checkpoint)}: ${describeFewSteps(ways).en}.`];
}

/** The work of a batch in model calls: what the time left is reckoned from. */
function planWork({ request }: PlannedBatch): PlannedWork[] {
  const pictures = request.seeds.length;
  const callsPerStep = request.sampler.isSecondOrder === true ? 2 : 1;
  const units = (phase: Phase, cost: number, count = 1): PlannedWork => ({
    phase,
    unitSeconds: Array.from({ length: count }, () => cost),
  });
  return [
    units('encode prompt', 0.1),
    units('sample', pictures * callsPerStep, request.steps),
    units('decode', pictures * DECODE_COST),
  ];
}

/** Tells when a picture looks as if its VAE were missing, damaged or another model's, and what to do. */
function remarksOnColours(pixels: Pixels): string[] {
  const measure = measureColours(pixels);
  if (!isWashedOut(measure)) return [];
  const shown = `colourfulness ${measure.colourfulness.toFixed(0)}, contrast ${measure.contrast.toFixed(2)}`;
  return [
    `This picture looks washed out (${shown}), as with a missing or damaged VAE. ` +
      'Decode it again with another one: danqing decode PICTURE --vae NAME.',
  ];
}

/** Shows the first picture of a batch as the model sees it so far, now and then. */
function previewer(preview: Model['preview'], place: DrawingPlace) {
  let lastMs = -Infinity;
  return async (denoised: Parameters<NonNullable<typeof preview>>[0]) => {
    if (preview === undefined || place.now() - lastMs < PREVIEW_EVERY_MS) return undefined;
    const [pixels] = toPixels(await preview(pictureOf(denoised, 0)));
    lastMs = place.now();
    return pixels && { width: pixels.width, height: pixels.height, pixels: pixels.data };
  };
}

/** The checkpoint that finishes the pictures, with the VAE that is right for it. */
async function openRefiner(
  { checkpoint, switchAt }: NonNullable<SettledRecipe['refiner']>,
  recipe: SettledRecipe,
  besideBytes: number,
  place: DrawingPlace,
): Promise<OpenRefiner> {
  const files = await openCheckpoint(checkpoint, recipe.vae);
  const { model } = await place.modelOf(files, recipe, besideBytes);
  return { files, model, switchAt };
}

/** SHA-256 by path of the files that are used; a folder has none of its own. */
export async function hashFiles(
  used: readonly CheckpointFiles[],
  others: readonly string[],
  hashes: FileHashes,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of others) found.set(path, await hashes.sha256(path));
  for (const { checkpoint, index, vae } of used) {
    const files = [isFolder(index) ? undefined : checkpoint, vae.file].filter((path) => path !== undefined);
    for (const path of files) found.set(path, await hashes.sha256(path));
  }
  return found;
}
