import { GridPicture, type Label } from '@danqing/engine/grid/compose-grid';
import { psnr } from '@danqing/engine/image/compare';
import { type ColourMeasure, isWashedOut, measureColours } from '@danqing/engine/image/measure-colours';
import type { Pixels } from '@danqing/engine/image/pixels';
import { drawText } from '@danqing/node/image/draw-text';
import { fontsFile } from '../folders.ts';

/** What a VAE made of a latent, in numbers. */
export interface DecodedMeasure extends ColourMeasure {
  readonly isWashedOut: boolean;
  /** Against the first picture, in decibels; infinite where they are equal. */
  readonly psnrDb: number;
}

/** Measures pictures of one latent against the first of them. */
export const measureDecoded = (pictures: readonly Pixels[]): DecodedMeasure[] =>
  pictures.map((picture) => {
    const measure = measureColours(picture);
    return { ...measure, isWashedOut: isWashedOut(measure), psnrDb: psnr(picture, pictures[0]!) };
  });

/** Pictures of one latent side by side, each with its label above. */
export async function sheetOfDecoded(pictures: readonly Pixels[], labels: readonly string[]): Promise<Pixels> {
  const [{ width, height }] = pictures as [Pixels, ...Pixels[]];
  const sizePixels = Math.max(12, Math.round((width + height) / 32));
  const columns = await Promise.all(
    labels.map(async (text): Promise<Label> => drawText(text, { sizePixels, maxWidthPixels: width, fontsFile })),
  );
  const grid = new GridPicture({ columns, rows: [undefined], layers: [undefined] }, { width, height });
  for (const [i, picture] of pictures.entries()) grid.put([i, 0, 0], picture);
  return grid.pixels;
}
