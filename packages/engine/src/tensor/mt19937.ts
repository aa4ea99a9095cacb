const LENGTH = 624;
const SHIFT = 397;

/** The Mersenne twister (Matsumoto and Nishimura 1998) with its 32-bit seeding, as in C++, numpy and torch. */
export class Mt19937 {
  readonly #state = new Int32Array(LENGTH);
  #next = LENGTH;

  /** @param seed 32 bits, unsigned. */
  constructor(seed: number) {
    const state = this.#state;
    let word = seed | 0;
    state[0] = word;
    for (let i = 1; i < LENGTH; i++) {
      word = (Math.imul(1812433253, word ^ (word >>> 30)) + i) | 0;
      state[i] = word;
    }
  }

  /** The next 32-bit word, unsigned. */
  next(): number {
    if (this.#next === LENGTH) this.#twist();
    let word = this.#state[this.#next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < LENGTH; i++) {
      const next = i + 1 < LENGTH ? i + 1 : 0;
      const far = i + SHIFT < LENGTH ? i + SHIFT : i + SHIFT - LENGTH;
      const joined = (state[i]! & 0x80000000) | (state[next]! & 0x7fffffff);
      state[i] = state[far]! ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
