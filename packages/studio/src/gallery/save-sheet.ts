import { dirname, extname } from 'node:path';
import { sidecarText } from '@danqing/engine/image/file-name';
import type { GenerationParameters } from '@danqing/engine/image/generation-parameters';
import type { Pixels } from '@danqing/engine/image/pixels';
import { makeFolder } from '@danqing/node/files/make-folder';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { hashPixels, hashText } from '@danqing/node/image/hash-pixels';
import { EXTENSIONS, savePicture as saveUnderFreeName } from '@danqing/node/image/save-picture';
import type { OutputPlace } from './output-place.ts';
import type { SavedPicture } from './save-picture.ts';

/** A picture that shows several: a grid, a comparison. */
export interface Sheet {
  readonly pixels: Pixels;
  readonly infotext: string;
  /** Of its first picture, for the patterns of its name. */
  readonly parameters: GenerationParameters;
}

export interface SheetSettings {
  readonly place: OutputPlace;
  /** What its file is called before the number, in a folder: A1111's `xyz_grid`. */
  readonly name: string;
  readonly quality?: number;
  readonly sidecar?: boolean;
}

/**
 * Saves it with its infotext, and without a receipt: it is nothing that could be drawn again. A file that was named is replaced; in a
 * folder the next free name is taken.
 * @throws io.
 */
export async function saveSheet(
  sheet: Sheet,
  { place, name, quality, sidecar = false }: SheetSettings,
): Promise<SavedPicture> {
  const { pixels, infotext, parameters } = sheet;
  const options = { format: place.format, infotext, ...(quality !== undefined && { quality }) };
  const { bytes, format, notes } = await encodePicture(pixels, options);
  if (place.kind === 'file') {
    const ending = extname(place.path);
    const stem = place.path.slice(0, place.path.length - ending.length);
    const path = `${stem}${format === place.format ? ending : EXTENSIONS[format]}`;
    await makeFolder(dirname(path));
    await writeAtomic(path, bytes);
    if (sidecar) await writeAtomic(`${stem}.txt`, sidecarText(infotext));
    return { path, notes };
  }
  const now = new Date();
  const path = await saveUnderFreeName({
    root: place.root,
    rules: place.rules,
    context: {
      parameters,
      width: pixels.width,
      height: pixels.height,
      batch: { size: 1, index: 0, count: 1, iteration: 0 },
      firstSeed: parameters.seed ?? 0n,
      lastSeed: parameters.seed ?? 0n,
      styles: [],
      now,
      jobStarted: now,
      hashText,
      pixelSha256: hashPixels(pixels),
      basename: name,
    },
    bytes,
    format,
    ...(sidecar && { sidecar: infotext }),
  });
  return { path, notes };
}
