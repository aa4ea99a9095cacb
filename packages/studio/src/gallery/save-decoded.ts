import { basename, dirname, extname, join } from 'node:path';
import type { DrawnPicture } from '@danqing/contract/worker-messages';
import type { Pixels } from '@danqing/engine/image/pixels';
import { readReceipt } from '@danqing/engine/image/receipt';
import { makeFolder } from '@danqing/node/files/make-folder';
import { writeAtomic } from '@danqing/node/files/write-atomic';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { type DecodedMeasure, measureDecoded, sheetOfDecoded } from './compare-decoded.ts';
import type { DecodePlan } from './decode-again.ts';
import { checkWritable } from './output-place.ts';

/** A picture that was decoded again, and by which of the VAEs that were asked for. */
export interface DecodedPicture {
  readonly vae: number;
  readonly picture: DrawnPicture;
}

/** What came of decoding again, on the disk. */
export interface SavedDecoded {
  readonly pictures: readonly (DecodedMeasure & { readonly path: string; readonly name: string })[];
  /** All of them side by side, where there are several VAEs. */
  readonly sheet?: string;
}

export interface SaveDecodedOptions {
  readonly plan: DecodePlan;
  /** A folder, or a file: the VAEs' names are put behind its own; absent: beside what was given. */
  readonly out?: string | undefined;
  /** What is written above a picture on the sheet. */
  label(picture: DecodedMeasure & { readonly name: string }): string;
}

/**
 * Saves pictures as PNG with the settings they have, and a sheet of the first of each VAE when there are several. Nothing that is there is
 * replaced: a number is put behind a name that is taken.
 * @throws io.
 */
export async function saveDecoded(
  decoded: readonly DecodedPicture[],
  { plan, out, label }: SaveDecodedOptions,
): Promise<SavedDecoded> {
  const stem = await placed(plan.stem, out);
  const named = decoded.map(({ vae, picture }) => {
    const { width, height, pixels: data, receipt } = picture;
    const name = (receipt === '' ? undefined : readReceipt(receipt).vae?.name) ?? plan.names[vae]!;
    return { vae, picture, name, pixels: { width, height, channels: 3, data } satisfies Pixels };
  });
  const measures = measureDecoded(named.map(({ pixels }) => pixels));
  const pictures: SavedDecoded['pictures'][number][] = [];
  for (const [i, { vae, picture, name, pixels }] of named.entries()) {
    const { infotext, receipt } = picture;
    const texts = receipt === '' ? {} : { infotext, receipt };
    const { bytes } = await encodePicture(pixels, { format: 'png', ...texts });
    const count = decoded.filter((other) => other.vae === vae).length;
    const number = count > 1 ? `-${picture.index + 1}` : '';
    const path = await writeFree(`${stem}-${plan.names[vae]!}${number}`, bytes);
    pictures.push({ path, name, ...measures[i]! });
  }
  if (plan.names.length === 1) return { pictures };
  const firsts = plan.names.map((_, vae) => named.findIndex((one) => one.vae === vae));
  const pixels = await sheetOfDecoded(
    firsts.map((i) => named[i]!.pixels),
    firsts.map((i) => label({ name: named[i]!.name, ...measures[i]! })),
  );
  const { bytes } = await encodePicture(pixels, { format: 'png', infotext: named[0]!.picture.infotext });
  const sheet = await writeFree(`${stem}-vaes`, bytes);
  return { pictures, sheet };
}

/** Where pictures go: beside what was given, into a folder, or to a name of their own. */
async function placed(stem: string, out: string | undefined): Promise<string> {
  if (out === undefined) return stem;
  const isFile = extname(out).toLowerCase() === '.png';
  const place = isFile ? out.slice(0, -extname(out).length) : join(out, basename(stem));
  await checkWritable(place);
  await makeFolder(dirname(place));
  return place;
}

async function writeFree(stem: string, bytes: Uint8Array): Promise<string> {
  for (let number = 1; ; number++) {
    const path = `${stem}${number === 1 ? '' : `-${number}`}.png`;
    if (await writeAtomic(path, bytes, { overwrite: false })) return path;
  }
}
