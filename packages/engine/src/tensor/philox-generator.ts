import type { NoiseGenerator } from './noise-generator.ts';
import { philox4x32 } from './philox.ts';

// The two float32 constants of CUDA's Box-Muller transform: 2^-32, and 2^-32 times 2 pi rounded to float32.
const UNIT = 2 ** -32;
const ANGLE = 1.462918119976564e-9;

/**
 * The normal numbers of `torch.randn` on a CUDA device, for draws that fit its threads, on any machine.
 *
 * Element i of draw k is made from counter (k, 0, i, 0) alone, so the result does not depend on how the work is cut.
 * The transform runs in float64 and is rounded once, as in A1111's RNG source "NV".
 */
export class PhiloxGenerator implements NoiseGenerator {
  readonly #keyLow: number;
  readonly #keyHigh: number;
  #draw = 0;

  /** @param seed 64 bits, unsigned. */
  constructor(seed: bigint) {
    this.#keyLow = Number(seed & 0xffffffffn);
    this.#keyHigh = Number(seed >> 32n);
  }

  normal(count: number): Float32Array<ArrayBuffer> {
    const result = new Float32Array(count);
    const block = new Uint32Array(4);
    for (let i = 0; i < count; i++) {
      philox4x32(block, this.#draw, 0, i, 0, this.#keyLow, this.#keyHigh);
      const u = block[0]! * UNIT + UNIT / 2;
      const v = block[1]! * ANGLE + ANGLE / 2;
      result[i] = Math.sqrt(-2 * Math.log(u)) * Math.sin(v);
    }
    this.#draw++;
    return result;
  }
}
