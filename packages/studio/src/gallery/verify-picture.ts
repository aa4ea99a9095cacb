import { dirname } from 'node:path';
import { type Recipe, recipe, type RecipeInput } from '@danqing/contract/recipe';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { DanqingError } from '@danqing/engine/errors';
import { readAddNet } from '@danqing/engine/image/add-net';
import { comparePictures, describeVerdict, SAME_LOOK_DB, type Verdict } from '@danqing/engine/image/compare';
import type { GenerationParameters } from '@danqing/engine/image/generation-parameters';
import type { Picture } from '@danqing/engine/image/picture';
import type { Pixels } from '@danqing/engine/image/pixels';
import { readReceipt } from '@danqing/engine/image/receipt';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { AESTHETIC_KINDS } from '../adapters/aesthetic-kinds.ts';
import { AdapterFolders } from '../adapters/find-adapter.ts';
import { cacheFolder, starterCheckpoint, tinyVae } from '../folders.ts';
import { readRecipe } from '../jobs/read-recipe.ts';
import { FileHashes } from '../library/file-hashes.ts';
import { findHomeFolders } from '../library/home-folders.ts';
import { findRecordedFile, type RecordedFile } from './find-recorded-file.ts';
import { readPictureFile } from './read-picture-file.ts';
import { restoreRecipe } from './restore-recipe.ts';

/** Where the models are, when the program cannot find them by itself. */
export interface VerifyFiles {
  readonly checkpoint?: string | undefined;
  readonly vae?: string | undefined;
  readonly refiner?: string | undefined;
  /** The aesthetic embedding, and the text encoder that is tuned. */
  readonly aesthetic?: string | undefined;
  readonly aestheticClip?: string | undefined;
  /** Folders to look for LoRAs in, beside the program's own. */
  readonly loraFolders?: readonly string[] | undefined;
  /** The same for hypernetworks and embeddings. */
  readonly hypernetworkFolders?: readonly string[] | undefined;
  readonly embeddingFolders?: readonly string[] | undefined;
}

/** A picture with the recipe that should make it again. */
export interface VerificationPlan {
  readonly picture: Picture;
  readonly pixels: Pixels;
  readonly parameters: GenerationParameters;
  readonly recipe: Recipe;
  /** LoRAs chosen beside its prompt whose files are not found: it is drawn without them. */
  readonly missingLoras: readonly string[];
}

/** The result, with its sentence for people. */
export interface Verification {
  readonly verdict: Verdict;
  readonly text: string;
}

/**
 * Reads a picture of any known program and finds out how to draw it again.
 * @throws missing when nothing is recorded in it or its checkpoint is not found; unsupported when it was not drawn from text alone.
 */
export async function planVerification(path: string, files: VerifyFiles): Promise<VerificationPlan> {
  const { bytes, picture } = await readPictureFile(path);
  const { parameters } = picture;
  if (parameters === undefined) {
    throw new DanqingError('missing', {
      where: path,
      expected: 'the settings it was made with',
      found: 'none that are understood',
    });
  }
  const restored = restoreRecipe(parameters, picture);
  const hashes = new FileHashes(cacheFolder());
  const folders = ['.', dirname(path)];
  const { refiner } = parameters;
  const recorded = recordedCheckpoints(picture, parameters);
  const checkpoint = files.checkpoint ?? (await findCheckpoint(recorded.checkpoint, folders, hashes));
  const vae = files.vae ?? (await findVae(picture, parameters, folders, hashes));
  const { loras, missingLoras } = await findLoras(
    parameters,
    { folders, loraFolders: files.loraFolders ?? [] },
    hashes,
  );
  return {
    picture,
    pixels: await decodePicture(bytes),
    parameters,
    recipe: readRecipe({
      ...restored,
      ...executionOf(picture),
      checkpoint,
      vae,
      ...(refiner && {
        refiner: {
          checkpoint: files.refiner ?? (await findCheckpoint(recorded.refiner, folders, hashes)),
          switchAt: refiner.switchAt,
        },
      }),
      aesthetic: restored.aesthetic && {
        ...restored.aesthetic,
        ...(await findAesthetic(picture, files, folders, hashes)),
      },
      loras,
      loraFolders: files.loraFolders?.slice(),
      hypernetworkFolders: files.hypernetworkFolders?.slice(),
      embeddingFolders: files.embeddingFolders?.slice(),
      // Whatever was applied then is applied again, however little of it fits.
      forceAddOns: true,
    }),
    missingLoras,
  };
}

/** Mode and runtime change the last bits; the receipt names them, and another version may name others. */
function executionOf({ receipt }: Picture): Pick<RecipeInput, 'mode' | 'runtime'> {
  const { mode, runtime } = recipe.shape;
  return {
    mode: mode.safeParse(receipt?.runtime?.mode).data,
    runtime: runtime.safeParse(receipt?.runtime?.provider).data,
  };
}

/** Compares a picture with what its recipe has drawn now. */
export async function judgePicture(plan: VerificationPlan, drawn: DrawnPicture): Promise<Verification> {
  const { picture, parameters } = plan;
  const receipt = readReceipt(drawn.receipt);
  const pixels: Pixels = { width: drawn.width, height: drawn.height, channels: 3, data: drawn.pixels };
  const before = { pixels: plan.pixels, parameters, ...(picture.receipt && { receipt: picture.receipt }) };
  const now = { pixels, receipt, ...(receipt.parameters && { parameters: receipt.parameters }) };
  let verdict = comparePictures(before, now);
  if (verdict.kind !== 'same-bits' && picture.format !== 'png') {
    verdict = comparePictures(
      before,
      { ...now, pixels: await compressAlike(plan.pixels, pixels, picture.format) },
      true,
    );
  }
  const ignored = [...(receipt.text?.ignoredTags ?? []), ...plan.missingLoras];
  if (verdict.kind !== 'same-bits' && picture.receipt === undefined && ignored.length > 0) {
    const addOns = { what: 'add-ons', before: ignored.join(' '), now: 'left out' };
    verdict = { ...verdict, differences: [addOns, ...verdict.differences] };
  }
  return { verdict, text: describeVerdict(verdict) };
}

/** Qualities that programs save with, the usual ones first; a file does not say which it has. */
const QUALITIES = [80, 75, 90, 95, 85, 100, 70, 60, 50, 40, 30];

/** Pixels after the lossy compression that brings them nearest to those of a file. */
async function compressAlike(file: Pixels, pixels: Pixels, format: 'jpeg' | 'webp'): Promise<Pixels> {
  let best: { readonly pixels: Pixels; readonly psnrDb: number } | undefined;
  for (const quality of QUALITIES) {
    const compressed = await decodePicture((await encodePicture(pixels, { format, quality })).bytes);
    const verdict = comparePictures({ pixels: file }, { pixels: compressed });
    const psnrDb = verdict.kind === 'same-bits' ? Infinity : (verdict.psnrDb ?? -Infinity);
    if (best === undefined || psnrDb > best.psnrDb) best = { pixels: compressed, psnrDb };
    if (psnrDb >= SAME_LOOK_DB) break;
  }
  return best!.pixels;
}

interface RecordedCheckpoint extends RecordedFile {
  readonly where: string;
  /** The option that names its file. */
  readonly option: string;
}

/** The two checkpoints as a picture names them; A1111 writes the second as `name [hash]`. */
function recordedCheckpoints(
  { receipt }: Picture,
  { model, refiner }: GenerationParameters,
): Readonly<Record<'checkpoint' | 'refiner', RecordedCheckpoint>> {
  const [, name, hash] = /^(.*?)(?: \[([0-9a-f]+)\])?$/s.exec(refiner?.checkpoint ?? '') ?? [];
  return {
    checkpoint: {
      where: 'checkpoint',
      option: '--model',
      name: receipt?.checkpoint?.name ?? model?.name,
      hash: receipt?.checkpoint?.sha256 ?? model?.hash,
    },
    refiner: {
      where: 'refiner',
      option: '--refiner',
      name: receipt?.refiner?.name ?? name,
      hash: receipt?.refiner?.sha256 ?? hash,
    },
  };
}

async function findCheckpoint(
  { where, option, name, hash }: RecordedCheckpoint,
  folders: readonly string[],
  hashes: FileHashes,
): Promise<string> {
  const found = await findRecordedFile({ name, hash }, { known: [starterCheckpoint], folders }, hashes);
  if (found !== undefined) return found;
  throw new DanqingError('missing', {
    where,
    expected:
      name === undefined && hash === undefined
        ? 'to be told which'
        : [name, hash && `(SHA-256 ${hash})`].filter(Boolean).join(' '),
    found: 'none in this folder or beside the picture',
    advice: `Name its file with ${option}.`,
  });
}

/** The LoRAs that were chosen beside the prompt, with their files; those in the prompt are looked for when it is drawn. */
async function findLoras(
  { extra }: GenerationParameters,
  { folders, loraFolders }: { readonly folders: readonly string[]; readonly loraFolders: readonly string[] },
  hashes: FileHashes,
): Promise<{ loras: NonNullable<RecipeInput['loras']>; missingLoras: string[] }> {
  const adapters = new AdapterFolders([...loraFolders, ...(await findHomeFolders())('lora', 'lycoris')]);
  const loras: NonNullable<RecipeInput['loras']> = [];
  const missingLoras: string[] = [];
  for (const { name, denoiser, textEncoder } of readAddNet(extra)) {
    const path =
      (await findRecordedFile({ name }, { known: [], folders }, hashes)) ?? (await adapters.find(name))?.path;
    if (path === undefined) missingLoras.push(name);
    else loras.push({ name: path, weight: denoiser, textEncoderWeight: textEncoder });
  }
  return { loras, missingLoras };
}

/** The files of an aesthetic gradient, where they are known or found; by name and by what they hold they are looked for when it is drawn. */
async function findAesthetic(
  { receipt }: Picture,
  { aesthetic, aestheticClip }: VerifyFiles,
  folders: readonly string[],
  hashes: FileHashes,
): Promise<{ readonly embedding?: string; readonly clip?: string }> {
  const home = await findHomeFolders();
  const find = async (kind: string, places: readonly string[]): Promise<string | undefined> => {
    const recorded = receipt?.addOns?.find((addOn) => addOn.kind === kind);
    if (recorded === undefined) return undefined;
    const { name, sha256: hash } = recorded;
    return findRecordedFile({ name, hash }, { known: [], folders: [...folders, ...places] }, hashes);
  };
  const embedding = aesthetic ?? (await find(AESTHETIC_KINDS.embedding, home('aesthetic-gradient')));
  const clip = aestheticClip ?? (await find(AESTHETIC_KINDS.clip, home('text-encoder', 'vision-encoder')));
  return { ...(embedding !== undefined && { embedding }), ...(clip !== undefined && { clip }) };
}

/** Its file or word as in a recipe; where it is not found, the checkpoint's own draws and the verdict says so. */
async function findVae(
  { receipt }: Picture,
  { vae }: GenerationParameters,
  folders: readonly string[],
  hashes: FileHashes,
): Promise<string> {
  const recorded = receipt?.vae ?? vae;
  if (recorded?.name === undefined || recorded.name === 'built-in') return 'none';
  const hash = receipt?.vae?.sha256 ?? vae?.hash;
  const found = await findRecordedFile({ name: recorded.name, hash }, { known: [tinyVae], folders }, hashes);
  return found ?? 'none';
}
