import { createCanvas, paste } from '../image/canvas.ts';
import type { Pixels } from '../image/pixels.ts';

/** A drawn text; undefined where there is none. */
export type Label = Pixels | undefined;

/** The drawn labels of columns (x), rows (y) and layers (z); each axis has at least one place. */
export interface GridLabels {
  readonly columns: readonly Label[];
  readonly rows: readonly Label[];
  readonly layers: readonly Label[];
}

/** White between pictures, and around labels. */
const GAP = 4;
const LABEL_MARGIN = 12;

/**
 * A grid as A1111 has it: labels of columns above and of rows to the left, the layers of a third axis side by side, each with its label
 * on top. Pictures are put in one by one, so that not all of them are in memory.
 */
export class GridPicture {
  readonly pixels: Pixels;
  readonly #cell: Size;
  readonly #layerWidth: number;
  readonly #left: number;
  readonly #top: number;

  /** @param cell size of the largest picture. */
  constructor({ columns, rows, layers }: GridLabels, cell: Size) {
    const [labelLeft, labelTop, titleTop] = [band(widest(rows)), band(highest(columns)), band(highest(layers))];
    this.#cell = cell;
    this.#left = labelLeft;
    this.#top = titleTop + labelTop;
    this.#layerWidth = labelLeft + columns.length * (cell.width + GAP);
    const width = layers.length * this.#layerWidth - GAP;
    this.pixels = createCanvas(width, this.#top + rows.length * (cell.height + GAP) - GAP);
    for (const [z, title] of layers.entries()) {
      const at = z * this.#layerWidth;
      const layer = { left: at + labelLeft, width: this.#layerWidth - labelLeft - GAP };
      this.#centre(title, { ...layer, top: 0, height: titleTop });
      for (const [x, label] of columns.entries())
        this.#centre(label, { ...this.#boxOf([x, 0, z]), top: titleTop, height: labelTop });
      for (const [y, label] of rows.entries())
        this.#centre(label, { ...this.#boxOf([0, y, z]), left: at, width: labelLeft });
    }
  }

  /** Puts a picture in its place, in the middle of it where it is smaller than the largest. */
  put(at: readonly [x: number, y: number, z: number], picture: Pixels): void {
    this.#centre(picture, this.#boxOf(at));
  }

  #boxOf([x, y, z]: readonly [number, number, number]): Box {
    const { width, height } = this.#cell;
    const left = z * this.#layerWidth + this.#left + x * (width + GAP);
    return { left, top: this.#top + y * (height + GAP), width, height };
  }

  #centre(picture: Label, { left, top, width, height }: Box): void {
    if (picture === undefined) return;
    const [right, down] = [width - picture.width, height - picture.height];
    paste(this.pixels, picture, left + Math.max(0, right >> 1), top + Math.max(0, down >> 1));
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Room for labels of a size; none where there are no labels. */
const band = (size: number): number => (size === 0 ? 0 : size + 2 * LABEL_MARGIN);

const widest = (labels: readonly Label[]): number => Math.max(0, ...labels.map((label) => label?.width ?? 0));
const highest = (labels: readonly Label[]): number => Math.max(0, ...labels.map((label) => label?.height ?? 0));
