const LENGTH = 624;
const SHIFT = 397;

/** The Mersenne twister (Matsumoto and Nishimura 1998) with its 32-bit seeding, as in C++, numpy and torch. */
export class Mt19937 {
  readonly #state = new Uint32Array(LENGTH);
  #next = LENGTH;

  /** @param seed 32 bits, unsigned. */
  constructor(seed: number) {
    const state = this.#state;
    state[0] = seed;
    for (let i = 1; i < LENGTH; i++) {
      const previous = state[i - 1]!;
      state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
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
      const joined = (state[i]! & 0x80000000) | (state[(i + 1) % LENGTH]! & 0x7fffffff);
      const twisted = (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
      state[i] = state[(i + SHIFT) % LENGTH]! ^ twisted;
    }
    this.#next = 0;
  }
}
