import type { ExampleRandom } from '@danqing/engine/graph/op';

/** Uniform random numbers for tests: the same seed, the same numbers. */
export interface SeededRandom extends ExampleRandom {
  /** A number in [from, to). */
  number(from: number, to: number): number;
}

/** A generator for tests, seeded by any text; mulberry32 on the text's FNV-1a hash. */
export function seededRandom(seed: string): SeededRandom {
  let state = 0x811c9dc5;
  for (const letter of seed) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    integer,
    number: (from, to) => from + next() * (to - from),
    pick: (choices) => choices[integer(0, choices.length - 1)]!,
  };
}
