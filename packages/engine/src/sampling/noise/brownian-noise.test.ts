import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/noise.json' with { type: 'json' };
import type { NoiseSource } from '../../tensor/noise-generator.ts';
import { createBrownianNoise } from './brownian-noise.ts';
import { BrownianTree } from './brownian-tree.ts';

const sigmas = Float32Array.of(14.614643, 4.796544, 1.274105, 0.24795175, 0.029167539, 0);
const noise = (source: NoiseSource, seeds: number[], shared = false) =>
  createBrownianNoise({ seeds, source, count: 64, sigmas, shared });

describe('Brownian noise', () => {
  it.each<[NoiseSource, number, number[][]]>([
    [
      'cpu',
      0,
      [
        [0.283939, 1.13501],
        [-0.894956, 0.671674],
        [0.46815, 0.744048],
        [-1.52171, 0.476937],
      ],
    ],
    [
      'cpu',
      42,
      [
        [-1.00789, -0.314374],
        [-0.423369, 0.168489],
        [-0.772611, 0.620105],
        [0.683651, -1.70227],
      ],
    ],
    [
      'nv',
      42,
      [
        [-1.06856, 1.52117],
        [-0.637271, -0.597794],
        [1.67542, -0.384319],
        [0.243608, 1.03101],
      ],
    ],
  ])('GEN-02: %s, seed %i: the known answers', (source, seed, expected) => {
    const step = noise(source, [seed]);
    const found = expected.map((_, i) => [...step(sigmas[i]!, sigmas[i + 1]!).subarray(0, 2)]);
    expect(found.map((pair) => pair.map((value) => Number(value.toPrecision(6))))).toEqual(expected);
  });

  it('GEN-02: a step that ends between the noise levels', () => {
    const [first, second] = noise('nv', [42])(sigmas[0]!, Math.fround(8.3725624));
    expect(first).toBeCloseTo(-0.791078, 6);
    expect(second).toBeCloseTo(1.61312, 5);
  });

  it('rises with the opposite sign', () => {
    const step = noise('nv', [7]);
    const falling = step(sigmas[1]!, sigmas[2]!);
    const rising = step(sigmas[2]!, sigmas[1]!);
    expect([...rising]).toEqual(Array.from(falling, (value) => -value));
  });

  it('GEN-02: an image of a batch has the noise it has alone', () => {
    const both = noise('nv', [3, 4])(sigmas[0]!, sigmas[1]!);
    expect(both.subarray(0, 64)).toEqual(noise('nv', [3])(sigmas[0]!, sigmas[1]!));
    expect(both.subarray(64)).toEqual(noise('nv', [4])(sigmas[0]!, sigmas[1]!));
  });

  it('one path for the batch: the images differ from their own paths', () => {
    const shared = noise('cpu', [3, 3], true)(sigmas[0]!, sigmas[1]!);
    expect(shared.subarray(0, 64)).not.toEqual(shared.subarray(64));
    expect(shared).toHaveLength(128);
  });
});

describe('Brownian tree', () => {
  it.each(fixture.trees)('GEN-02: seed $seed over $range: the increments of torchsde', (recorded) => {
    const [t0, t1] = recorded.range as [number, number];
    const tree = new BrownianTree({ t0, t1 }, { count: recorded.count, seed: BigInt(recorded.seed), source: 'cpu' });
    recorded.queries.forEach(([lo, hi], i) => {
      const increment = tree.increment(lo!, hi!);
      recorded.increments[i]!.forEach((value, j) => expect(increment[j]).toBeCloseTo(value, 6));
    });
  });

  it('GEN-02: the order of the queries does not matter', () => {
    const time = fc.integer({ min: 0, max: 15_000_000 }).map((millionths) => millionths / 1e6);
    const query = fc.tuple(time, time).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const grow = () => new BrownianTree({ t0: 0.03, t1: 14.6 }, { count: 3, seed: 9n, source: 'nv' });
    fc.assert(
      fc.property(fc.array(query, { minLength: 2, maxLength: 6 }), (queries) => {
        const [forward, backward] = [grow(), grow()];
        const there = queries.map(([lo, hi]) => forward.increment(lo, hi));
        const back = queries.toReversed().map(([lo, hi]) => backward.increment(lo, hi));
        expect(back.toReversed()).toEqual(there);
      }),
      { numRuns: 20 },
    );
  });

  it('increments of neighbouring intervals add up', () => {
    const tree = new BrownianTree({ t0: 0, t1: 1 }, { count: 8, seed: 5n, source: 'nv' });
    const [left, right, whole] = [tree.increment(0.1, 0.4), tree.increment(0.4, 0.9), tree.increment(0.1, 0.9)];
    whole.forEach((value, i) => expect(left[i]! + right[i]!).toBeCloseTo(value, 6));
  });

  it('an interval that vanishes in rounding has no increment', () => {
    const tree = new BrownianTree({ t0: 0, t1: 1 }, { count: 2, seed: 5n, source: 'nv' });
    expect([...tree.increment(0.25, 0.2500004)]).toEqual([0, 0]);
    expect([...tree.increment(2, 3)]).toEqual([0, 0]);
  });
});
