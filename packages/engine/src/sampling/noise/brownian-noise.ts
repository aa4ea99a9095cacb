import { seedBits, type NoiseSource } from '../../tensor/noise-generator.ts';
import { TorchCpuGenerator } from '../../tensor/torch-cpu-generator.ts';
import { BrownianTree } from './brownian-tree.ts';

/** Unit normal noise for the step from `sigma` to `sigmaNext`, for all images of a batch one after another. */
export type BrownianNoise = (sigma: number, sigmaNext: number) => Float32Array<ArrayBuffer>;

/** What the noise of the SDE samplers is made from. */
export interface BrownianNoiseRequest {
  /** One seed for each image. */
  readonly seeds: readonly (number | bigint)[];
  readonly source: NoiseSource;
  /** Numbers in one image's latent. */
  readonly count: number;
  /** The noise levels of the whole run; the path reaches from the smallest positive to the largest. */
  readonly sigmas: ArrayLike<number>;
  /** One path for the whole batch instead of one for each image: A1111's `no_dpmpp_sde_batch_determinism`. */
  readonly shared: boolean;
}

/**
 * k-diffusion's Brownian noise: N(σ, σ') = W(σ, σ') / √|σ' - σ| along a path whose time is σ. Two runs with different
 * numbers of steps walk the same path, which is why the SDE samplers converge with more steps.
 */
export function createBrownianNoise(request: BrownianNoiseRequest): BrownianNoise {
  const { seeds, source, count, shared } = request;
  const positive = Array.from(request.sigmas).filter((sigma) => sigma > 0);
  const range = { t0: Math.min(...positive), t1: Math.max(...positive) };
  const trees = shared
    ? [new BrownianTree(range, { count: count * seeds.length, seed: batchSeed(seeds), source })]
    : seeds.map((seed) => new BrownianTree(range, { count, seed: seedBits(seed), source }));
  return (sigma, sigmaNext) => {
    const falls = sigmaNext <= sigma;
    const [lo, hi] = falls ? [sigmaNext, sigma] : [sigma, sigmaNext];
    const root = Math.fround(Math.sqrt(Math.fround(hi - lo)));
    const divisor = falls ? -root : root;
    const result = new Float32Array(count * seeds.length);
    trees.forEach((tree, i) => {
      const increment = tree.increment(lo, hi);
      const offset = i * increment.length;
      for (let j = 0; j < increment.length; j++) result[offset + j] = increment[j]! / divisor;
    });
    return result;
  };
}

/** The seed that torch's global CPU generator yields when it was last seeded with the last image's seed. */
function batchSeed(seeds: readonly (number | bigint)[]): bigint {
  return new TorchCpuGenerator(seedBits(seeds.at(-1)!)).next64() % (2n ** 63n - 1n);
}
