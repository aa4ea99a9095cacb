import { dirname, extname } from 'node:path';
import type { Recipe } from '@danqing/contract/recipe';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { sidecarText } from '@danqing/engine/image/file-name';
import type { NamingContext } from '@danqing/engine/image/file-name-patterns';
import { UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import { readReceipt } from '@danqing/engine/image/receipt';
import { makeFolder } from '@danqing/node/files/make-folder';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { hashText } from '@danqing/node/image/hash-pixels';
import { EXTENSIONS, savePicture as saveUnderFreeName } from '@danqing/node/image/save-picture';
import type { OutputPlace } from './output-place.ts';

/** What the pictures of one job have in common when they are saved. */
export interface SaveSettings {
  readonly place: OutputPlace;
  readonly recipe: Pick<Recipe, 'batchSize' | 'batchCount'>;
  /** When the job began. */
  readonly started: Date;
  /** Of JPEG and WebP, 1 to 100. */
  readonly quality?: number;
  /** Also writes the infotext into a text file beside the picture. */
  readonly sidecar?: boolean;
}

/** A picture on the disk. */
export interface SavedPicture {
  readonly path: string;
  /** What is different from what was asked for, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Puts a picture with its infotext and receipt into a file. A name that was given is replaced if it exists (with a number behind it
 * where a job has several pictures); in a folder the next free name is taken.
 * @throws io when it cannot be written; nothing is left behind then.
 */
export async function savePicture(picture: DrawnPicture, settings: SaveSettings): Promise<SavedPicture> {
  const { place, quality, sidecar = false } = settings;
  const { width, height, pixels, infotext, receipt } = picture;
  const { bytes, format, notes } = await encodePicture(
    { width, height, channels: 3, data: pixels },
    { format: place.format, infotext, receipt, ...(quality !== undefined && { quality }) },
  );
  if (place.kind === 'folder') {
    const { root, rules } = place;
    const context = namingContext(picture, settings);
    const path = await saveUnderFreeName({
      root,
      rules,
      context,
      bytes,
      format,
      ...(sidecar && { sidecar: infotext }),
    });
    return { path, notes };
  }
  const ending = extname(place.path);
  const stem = place.path.slice(0, place.path.length - ending.length);
  const number = settings.recipe.batchSize * settings.recipe.batchCount > 1 ? `-${picture.index + 1}` : '';
  const path = `${stem}${number}${format === place.format ? ending : EXTENSIONS[format]}`;
  await makeFolder(dirname(path));
  await writeAtomic(path, bytes);
  if (sidecar) await writeAtomic(`${stem}${number}.txt`, sidecarText(infotext));
  return { path, notes };
}

function namingContext(picture: DrawnPicture, { recipe, started }: SaveSettings): NamingContext {
  const receipt = readReceipt(picture.receipt);
  const { parameters = UNKNOWN_PARAMETERS } = receipt;
  const seed = parameters.seed ?? 0n;
  // With a variation all pictures share the seed.
  const isCounting = parameters.variation === undefined;
  const last = BigInt(recipe.batchSize * recipe.batchCount - 1);
  const firstSeed = isCounting ? seed - BigInt(picture.index) : seed;
  return {
    parameters,
    width: picture.width,
    height: picture.height,
    ...(receipt.sampling && { resolvedScheduler: receipt.sampling.scheduler }),
    batch: {
      size: recipe.batchSize,
      index: picture.index % recipe.batchSize,
      count: recipe.batchCount,
      iteration: Math.floor(picture.index / recipe.batchSize),
    },
    firstSeed,
    lastSeed: isCounting ? firstSeed + last : seed,
    styles: [],
    now: new Date(),
    jobStarted: started,
    hashText,
    pixelSha256: receipt.pixelSha256 ?? '',
  };
}
