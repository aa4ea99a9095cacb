import { DanqingError } from '../errors.ts';
import { PhiloxGenerator } from './philox-generator.ts';
import { TorchCpuGenerator } from './torch-cpu-generator.ts';

/** A stream of unit normal numbers that depends on its seed and on the sizes of the draws alone. */
export interface NoiseGenerator {
  /** The next draw of `count` numbers, as float32. */
  normal(count: number): Float32Array<ArrayBuffer>;
}

/** Whose random numbers: CUDA's (`nv`, the same on every machine) or those of torch on the CPU. */
export type NoiseSource = 'nv' | 'cpu';

/**
 * A fresh generator for a seed.
 * @throws bad-value for a seed outside the 64-bit integers.
 */
export function createGenerator(source: NoiseSource, seed: number | bigint): NoiseGenerator {
  const bits = seedBits(seed);
  return source === 'nv' ? new PhiloxGenerator(bits) : new TorchCpuGenerator(bits);
}

/**
 * A seed as the 64-bit word that generators take: as torch does, a negative one wraps around (-1 is 2^64 - 1).
 * @throws bad-value for a fraction, a number too large to be exact, or anything outside -2^63 … 2^64 - 1.
 */
export function seedBits(seed: number | bigint): bigint {
  if (typeof seed === 'bigint' ? seed >= -(2n ** 63n) && seed < 2n ** 64n : Number.isSafeInteger(seed)) {
    return BigInt.asUintN(64, BigInt(seed));
  }
  throw new DanqingError('bad-value', {
    where: 'seed',
    expected: 'a whole number from -2^63 to 2^64 - 1 (as a bigint beyond 2^53)',
    found: String(seed),
  });
}
