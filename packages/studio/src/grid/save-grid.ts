import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GridPicture, type Label } from '@danqing/engine/grid/compose-grid';
import { createCanvas, paste } from '@danqing/engine/image/canvas';
import type { GenerationParameters } from '@danqing/engine/image/generation-parameters';
import { writeInfotext } from '@danqing/engine/image/infotext';
import type { Pixels } from '@danqing/engine/image/pixels';
import { decodePicture } from '@danqing/node/image/decode-picture';
import { drawText } from '@danqing/node/image/draw-text';
import { resizePicture } from '@danqing/node/image/resize-picture';
import { fontsFile } from '../folders.ts';
import type { OutputPlace } from '../gallery/output-place.ts';
import { readPictureFile } from '../gallery/read-picture-file.ts';
import { saveSheet } from '../gallery/save-sheet.ts';
import type { CellResult, ReadyGrid } from './draw-grid.ts';
import type { GridPlan, PlannedAxis } from './plan-grid.ts';

/** Larger grids are drawn smaller: A1111's limit, `img_max_size_mp`. */
const MAX_PIXELS = 200e6;

/** Of labels, in pixels. */
const SMALLEST_LETTERS = 12;

/** A grid on the disk. */
export interface SavedGrid {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly infotext: string;
  readonly notes: readonly string[];
}

/** What the infotext of a grid says beyond that of its first picture. */
const SCRIPT = 'X/Y/Z plot';

/** Where the picture of a grid goes: the file that was named, or a folder of its own beside the one of pictures, as A1111 has it. */
export function gridPlace(place: OutputPlace, isDefault: boolean): OutputPlace {
  return place.kind === 'folder' && isDefault ? { ...place, root: join('outputs', 'txt2img-grids') } : place;
}

/**
 * Puts the pictures of a grid together with their labels and saves it with the infotext of its first one.
 * @param results of all cells, in any order; of a cell with several pictures the first is shown.
 * @throws the error of the first cell when all have failed.
 */
export async function saveGrid(
  { request, plan }: ReadyGrid,
  results: readonly CellResult[],
  place: OutputPlace,
): Promise<SavedGrid> {
  const drawn = results.flatMap((result) =>
    'pictures' in result ? [{ at: result.at, path: result.pictures[0]!.path }] : [],
  );
  if (drawn.length === 0) throw results.flatMap((result) => ('error' in result ? [result.error] : []))[0]!;
  const order = ({ at: [x, y, z] }: { readonly at: CellResult['at'] }): number => x + y * 1e5 + z * 1e10;
  const first = drawn.toSorted((a, b) => order(a) - order(b))[0]!;
  const { picture } = await readPictureFile(first.path);
  const parameters = picture.parameters!;
  const { pixels, notes } = await compose(plan, results);
  const infotext = writeInfotext({ ...parameters, extra: [...parameters.extra, ...describeAxes(plan)] });
  const { quality, sidecar } = request;
  const saved = await saveSheet(
    { pixels, infotext, parameters },
    { place, name: 'xyz_grid', ...(quality !== undefined && { quality }), ...(sidecar !== undefined && { sidecar }) },
  );
  return { path: saved.path, width: pixels.width, height: pixels.height, infotext, notes: [...notes, ...saved.notes] };
}

async function compose(
  { axes: [x, y, z] }: GridPlan,
  results: readonly CellResult[],
): Promise<{ readonly pixels: Pixels; readonly notes: readonly string[] }> {
  const sizes: { readonly width: number; readonly height: number }[] = [];
  for (const result of results) {
    if ('pictures' in result) sizes.push((await readPictureFile(result.pictures[0]!.path)).picture);
  }
  const most = (side: 'width' | 'height'): number => Math.max(...sizes.map((size) => size[side]));
  const full = { width: most('width'), height: most('height') };
  const places = x.places.length * y.places.length * z.places.length;
  const shrink = Math.min(1, Math.sqrt(MAX_PIXELS / (places * full.width * full.height)));
  const cell = { width: Math.floor(full.width * shrink), height: Math.floor(full.height * shrink) };
  const letters = Math.max(SMALLEST_LETTERS, Math.round((cell.width + cell.height) / 32));
  const label = async (text: string, maxWidthPixels: number): Promise<Label> =>
    drawText(text, { sizePixels: letters, maxWidthPixels, fontsFile });
  const labels = async (axis: PlannedAxis, width: number): Promise<Label[]> =>
    Promise.all(axis.places.map(async (place) => label(place.label, width)));
  const grid = new GridPicture(
    {
      columns: await labels(x, cell.width),
      rows: await labels(y, Math.max(cell.width * 0.75, 8 * letters)),
      layers: await labels(z, cell.width * x.places.length),
    },
    cell,
  );
  for (const result of results) {
    if ('error' in result) {
      const blank = createCanvas(cell.width, cell.height, 224);
      const message = await label(result.error.message, cell.width);
      if (message !== undefined) paste(blank, message, 0, 0);
      grid.put(result.at, blank);
      continue;
    }
    const pixels = await decodePicture(await readFile(result.pictures[0]!.path));
    grid.put(
      result.at,
      shrink === 1
        ? pixels
        : await resizePicture(pixels, Math.floor(pixels.width * shrink), Math.floor(pixels.height * shrink)),
    );
  }
  const note = `The grid is drawn at ${Math.round(shrink * 100)} % of its size, which would be more than ${MAX_PIXELS / 1e6} megapixels.`;
  return { pixels: grid.pixels, notes: shrink === 1 ? [] : [note] };
}

/** The axes in the words of A1111's infotext; of seeds also those that were drawn. */
function describeAxes({ axes }: GridPlan): GenerationParameters['extra'] {
  const pairs: [string, string][] = [['Script', SCRIPT]];
  for (const [i, name] of ['X', 'Y', 'Z'].entries()) {
    const { label, values, places } = axes[i]!;
    if (places[0]!.label === '' && values === '') continue;
    pairs.push([`${name} Type`, label], [`${name} Values`, values]);
    if (label === 'Seed' || label === 'Var. seed') {
      pairs.push([`Fixed ${name} Values`, places.map(({ value }) => value).join(', ')]);
    }
  }
  return pairs;
}
