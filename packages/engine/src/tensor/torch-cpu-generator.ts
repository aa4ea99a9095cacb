import { log32, sinCos32 } from './cephes.ts';
import { Mt19937 } from './mt19937.ts';
import type { NoiseGenerator } from './noise-generator.ts';

const BLOCK = 16;
const TWO_PI_32 = Math.fround(2 * Math.PI);

/**
 * The normal numbers of `torch.randn` on the CPU, to the last bit of torch's x86 builds.
 *
 * Torch has two ways, chosen by the size of a draw: blocks of 16 in float32, and below 16 numbers one by one in
 * float64, where a pair is made at a time and its second half kept for the next call.
 */
export class TorchCpuGenerator implements NoiseGenerator {
  readonly #twister: Mt19937;
  #kept: number | undefined;

  /** @param seed 64 bits, of which torch uses the lower 32. */
  constructor(seed: bigint) {
    this.#twister = new Mt19937(Number(seed & 0xffffffffn));
  }

  normal(count: number): Float32Array<ArrayBuffer> {
    if (count < BLOCK) return Float32Array.from({ length: count }, () => this.#single());
    const result = new Float32Array(count);
    this.#fillUniform(result);
    for (let i = 0; i + BLOCK <= count; i += BLOCK) transformBlock(result, i);
    if (count % BLOCK !== 0) {
      // Torch draws the last 16 places anew, over numbers that are made already.
      const tail = result.subarray(count - BLOCK);
      this.#fillUniform(tail);
      transformBlock(tail, 0);
    }
    return result;
  }

  /** The next 64 bits, the first word above the second. */
  next64(): bigint {
    const first = this.#twister.next();
    return (BigInt(first) << 32n) | BigInt(this.#twister.next());
  }

  #fillUniform(target: Float32Array): void {
    for (let i = 0; i < target.length; i++) target[i] = (this.#twister.next() & 0xffffff) * 2 ** -24;
  }

  #single(): number {
    if (this.#kept !== undefined) {
      const kept = this.#kept;
      this.#kept = undefined;
      return kept;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** 53 of the next 64 bits, as a number from 0 up to 1. */
  #uniform53(): number {
    const first = this.#twister.next();
    return ((first & 0x1fffff) * 2 ** 32 + this.#twister.next()) * 2 ** -53;
  }
}

const angles = new Float32Array(2);

/** Box-Muller on 16 uniform numbers in place, all in float32. */
function transformBlock(values: Float32Array, start: number): void {
  for (let j = start; j < start + BLOCK / 2; j++) {
    const radius = Math.fround(Math.sqrt(Math.fround(-2 * log32(1 - values[j]!))));
    sinCos32(angles, Math.fround(TWO_PI_32 * values[j + BLOCK / 2]!));
    values[j] = radius * angles[1]!;
    values[j + BLOCK / 2] = radius * angles[0]!;
  }
}
