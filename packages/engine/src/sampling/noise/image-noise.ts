import { createGenerator, seedBits, type NoiseGenerator, type NoiseSource } from '../../tensor/noise-generator.ts';
import { slerp } from './slerp.ts';

/** The noise of one image: its own seed, and the variation seed that is mixed in. */
export interface ImageSeed {
  readonly seed: number | bigint;
  readonly subseed: number | bigint;
}

/** What a batch's noise is made from. */
export interface ImageNoiseRequest {
  /** One for each image. */
  readonly seeds: readonly ImageSeed[];
  readonly source: NoiseSource;
  /** Latent cells: channels, height, width. */
  readonly shape: readonly [number, number, number];
  /** How much of the variation seed's noise is mixed in, 0 to 1. */
  readonly subseedStrength: number;
  /** Latent cells [height, width] at which the seed's picture was made, so that its composition stays when resized. */
  readonly resizedFrom?: readonly [number, number];
  /** ENSD: what is added to the seed for the noise after the first (`eta_noise_seed_delta`). */
  readonly seedDelta: number;
}

/**
 * The seeds of a batch: image i has seed + i; with a variation strength, all have the seed and image i has subseed + i.
 * @throws bad-value for a seed that is no 64-bit integer.
 */
export function batchSeeds(first: ImageSeed, count: number, subseedStrength: number): ImageSeed[] {
  const [seed, subseed] = [seedBits(first.seed), seedBits(first.subseed)];
  return Array.from({ length: count }, (_, i) => ({
    seed: subseedStrength === 0 ? BigInt.asUintN(64, seed + BigInt(i)) : seed,
    subseed: BigInt.asUintN(64, subseed + BigInt(i)),
  }));
}

/** The noise of a batch: a generator for each image, so that a picture does not depend on its neighbours. */
export class ImageNoise {
  readonly #request: ImageNoiseRequest;
  readonly #count: number;
  #generators: NoiseGenerator[];

  constructor(request: ImageNoiseRequest) {
    const [channels, height, width] = request.shape;
    this.#request = request;
    this.#count = channels * height * width;
    this.#generators = request.seeds.map(({ seed }) => createGenerator(request.source, seed));
  }

  /** The noise that the run starts from, [n, channels, height, width]; to be called once, before `next`. */
  first(): Float32Array<ArrayBuffer> {
    const { seeds, source, seedDelta } = this.#request;
    const noise = this.#join((generator, i) => this.#start(generator, seeds[i]!));
    if (seedDelta !== 0) {
      this.#generators = seeds.map(({ seed }) =>
        createGenerator(source, BigInt.asUintN(64, seedBits(seed) + BigInt(seedDelta))),
      );
    }
    return noise;
  }

  /** The next draw of every image, [n, channels, height, width]. */
  next(): Float32Array<ArrayBuffer> {
    return this.#join((generator) => generator.normal(this.#count));
  }

  #join(draw: (generator: NoiseGenerator, image: number) => Float32Array): Float32Array<ArrayBuffer> {
    const result = new Float32Array(this.#generators.length * this.#count);
    this.#generators.forEach((generator, i) => result.set(draw(generator, i), i * this.#count));
    return result;
  }

  #start(generator: NoiseGenerator, { seed, subseed }: ImageSeed): Float32Array {
    const { source, shape, subseedStrength, resizedFrom } = this.#request;
    const [channels, height, width] = shape;
    const base = generator.normal(this.#count);
    const [oldHeight, oldWidth] = resizedFrom ?? [height, width];
    const isResized = oldHeight !== height || oldWidth !== width;
    const oldShape = [channels, oldHeight, oldWidth] as const;
    const oldCount = channels * oldHeight * oldWidth;
    let noise = isResized ? createGenerator(source, seed).normal(oldCount) : base;
    if (subseedStrength !== 0) {
      noise = slerp(subseedStrength, noise, createGenerator(source, subseed).normal(oldCount), oldShape);
    }
    if (isResized) pasteCentred(noise, oldShape, base, shape);
    return isResized ? base : noise;
  }
}

/** Writes the middle of `source` over the middle of `target`, both [channels, height, width], as A1111 aligns them. */
function pasteCentred(
  source: Float32Array,
  [channels, sourceHeight, sourceWidth]: readonly [number, number, number],
  target: Float32Array,
  [, targetHeight, targetWidth]: readonly [number, number, number],
): void {
  const x = overlap(sourceWidth, targetWidth);
  const y = overlap(sourceHeight, targetHeight);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < y.length; row++) {
      const from = (channel * sourceHeight + y.source + row) * sourceWidth + x.source;
      const to = (channel * targetHeight + y.target + row) * targetWidth + x.target;
      target.set(source.subarray(from, from + x.length), to);
    }
  }
}

/** Where two centred lengths overlap. */
function overlap(source: number, target: number): { source: number; target: number; length: number } {
  const margin = Math.floor((target - source) / 2);
  return {
    source: Math.max(-margin, 0),
    target: Math.max(margin, 0),
    length: margin >= 0 ? source : source + 2 * margin,
  };
}
