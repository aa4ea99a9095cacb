import { describe, expect, it } from 'vitest';
import { createGenerator } from '../../tensor/noise-generator.ts';
import { batchSeeds, ImageNoise, type ImageNoiseRequest } from './image-noise.ts';
import { slerp } from './slerp.ts';

const shape = [4, 8, 8] as const;
const images = (...seeds: number[]) => seeds.map((seed) => ({ seed, subseed: seed + 100 }));
const create = (request: Partial<ImageNoiseRequest>): ImageNoise =>
  new ImageNoise({ seeds: images(1), source: 'cpu', shape, subseedStrength: 0, seedDelta: 0, ...request });

describe('image noise', () => {
  it('GEN-02: an image of a batch has the noise it has alone', () => {
    const batch = create({ seeds: images(1, 2) });
    const alone = create({ seeds: images(2) });
    expect(batch.first().subarray(256)).toEqual(alone.first());
    expect(batch.next().subarray(256)).toEqual(alone.next());
  });

  it('GEN-02: the second draw goes on with the generator of the first', () => {
    const generator = createGenerator('cpu', 1);
    const noise = create({});
    expect([noise.first(), noise.next()]).toEqual([generator.normal(256), generator.normal(256)]);
  });

  it('GEN-02: with ENSD the second draw is the first of seed + ENSD', () => {
    const noise = create({ seedDelta: 31337 });
    expect(noise.first()).toEqual(createGenerator('cpu', 1).normal(256));
    expect(noise.next()).toEqual(createGenerator('cpu', 31338).normal(256));
  });

  it('GEN-02: a variation is the slerp of the two noises, and later draws are those of the seed', () => {
    const noise = create({ seeds: [{ seed: 1, subseed: 2 }], subseedStrength: 0.3 });
    const first = noise.first();
    const known = [-1.599467, -0.2500612, -0.9042845, -0.2238585];
    // Torch's own float32 sums are 2.6e-7 away from float64 here.
    known.forEach((value, i) => expect(first[[0, 1, 8, 255][i]!]).toBeCloseTo(value, 6));
    const generator = createGenerator('cpu', 1);
    generator.normal(256);
    expect(noise.next()).toEqual(generator.normal(256));
  });

  it('GEN-02: almost equal noises are mixed in a straight line, with the ends swapped', () => {
    const from = createGenerator('cpu', 1).normal(256);
    const to = from.map((value) => value * 1.5);
    const mixed = slerp(0.25, from, to, shape);
    mixed.forEach((value, i) => expect(value).toBeCloseTo(from[i]! * 0.25 + to[i]! * 0.75, 6));
  });

  it('GEN-02: image i of a batch has seed + i, of a batch of variations subseed + i', () => {
    expect(batchSeeds({ seed: 5, subseed: 9 }, 2, 0)).toEqual([
      { seed: 5n, subseed: 9n },
      { seed: 6n, subseed: 10n },
    ]);
    expect(batchSeeds({ seed: 5, subseed: 9 }, 2, 0.1)).toEqual([
      { seed: 5n, subseed: 9n },
      { seed: 5n, subseed: 10n },
    ]);
    expect(batchSeeds({ seed: -1, subseed: 0 }, 2, 0)[1]!.seed).toBe(0n);
  });
});

describe('seed resize', () => {
  /** Value of `noise` at channel, row and column. */
  const at = (noise: Float32Array, [, height, width]: readonly number[], c: number, y: number, x: number): number =>
    noise[(c * height! + y) * width! + x]!;

  it('GEN-02: a smaller original lies in the middle of full-size noise', () => {
    const small = createGenerator('cpu', 1).normal(4 * 4 * 5);
    const full = createGenerator('cpu', 1).normal(256);
    const noise = create({ resizedFrom: [4, 5] }).first();
    // (8 - 5) / 2 rounds down to a margin of one column; (8 - 4) / 2 are two rows.
    for (let c = 0; c < 4; c++) {
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 8; x++) {
          const isInside = y >= 2 && y < 6 && x >= 1 && x < 6;
          const expected = isInside ? at(small, [4, 4, 5], c, y - 2, x - 1) : at(full, shape, c, y, x);
          expect(at(noise, shape, c, y, x)).toBe(expected);
        }
      }
    }
  });

  it('GEN-02: a larger original is cut to its middle', () => {
    const large = createGenerator('cpu', 1).normal(4 * 8 * 11);
    const full = createGenerator('cpu', 1).normal(256);
    const noise = create({ resizedFrom: [8, 11] }).first();
    // floor((8 - 11) / 2) = -2: seven columns from the third on; the eighth keeps full-size noise.
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 7; x++) expect(at(noise, shape, 3, y, x)).toBe(at(large, [4, 8, 11], 3, y, x + 2));
      expect(at(noise, shape, 3, y, 7)).toBe(at(full, shape, 3, y, 7));
    }
  });

  it('GEN-02: the variation is mixed at the original size', () => {
    const mixed = slerp(0.5, createGenerator('cpu', 1).normal(64), createGenerator('cpu', 2).normal(64), [4, 4, 4]);
    const noise = create({
      seeds: [{ seed: 1, subseed: 2 }],
      subseedStrength: 0.5,
      resizedFrom: [4, 4],
    }).first();
    expect(at(noise, shape, 2, 3, 4)).toBe(at(mixed, [4, 4, 4], 2, 1, 2));
  });
});
