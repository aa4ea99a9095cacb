import type { Pixels } from './pixels.ts';

/** How strong the colours of a picture are. */
export interface ColourMeasure {
  /** Hasler and Süsstrunk's M3 ("Measuring colourfulness in natural images", 2003): 0 grey, 15 slightly, 33 moderately colourful, 109 at most. */
  readonly colourfulness: number;
  /** Standard deviation of luma, as a share of the range: 0 flat, 0.5 half black and half white. */
  readonly contrast: number;
}

/** Measures a picture; opacity does not count. */
export function measureColours({ width, height, channels, data }: Pixels): ColourMeasure {
  const count = width * height;
  // Red against green, yellow against blue, and luma by Rec. 601: sums and sums of squares.
  const [rg, yb, luma] = [new Spread(count), new Spread(count), new Spread(count)];
  for (let i = 0; i < count; i++) {
    const [r, g, b] = [data[i * channels]!, data[i * channels + 1]!, data[i * channels + 2]!];
    rg.add(r - g);
    yb.add((r + g) / 2 - b);
    luma.add(0.299 * r + 0.587 * g + 0.114 * b);
  }
  return {
    colourfulness: Math.hypot(rg.deviation, yb.deviation) + 0.3 * Math.hypot(rg.mean, yb.mean),
    contrast: luma.deviation / 255,
  };
}

/** Below "slightly colourful". */
const PALE = 15;

/** Pictures span the range of luma; those of a VAE that does not fit, a part in its middle. */
const FLAT = 0.12;

/** Whether a picture is both pale and flat, as it comes of a VAE that is missing, damaged or another model's. Drawings in ink are only pale. */
export const isWashedOut = ({ colourfulness, contrast }: ColourMeasure): boolean =>
  colourfulness < PALE && contrast < FLAT;

class Spread {
  readonly #count: number;
  #sum = 0;
  #squares = 0;

  constructor(count: number) {
    this.#count = count;
  }

  add(value: number): void {
    this.#sum += value;
    this.#squares += value * value;
  }

  get mean(): number {
    return this.#sum / this.#count;
  }

  get deviation(): number {
    return Math.sqrt(Math.max(0, this.#squares / this.#count - this.mean ** 2));
  }
}
