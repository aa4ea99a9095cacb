/** Hashes words one after another with a constant that moves on, as numpy does; words are 32 bits, signed here. */
class WordHash {
  readonly #factor: number;
  #constant: number;

  constructor(start: number, factor: number) {
    this.#constant = start | 0;
    this.#factor = factor;
  }

  next(word: number): number {
    const mixed = word ^ this.#constant;
    this.#constant = Math.imul(this.#constant, this.#factor);
    const value = Math.imul(mixed, this.#constant);
    return value ^ (value >>> 16);
  }
}

function mix(x: number, y: number): number {
  const value = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) | 0;
  return value ^ (value >>> 16);
}

/** A non-negative integer as little-endian 32-bit words; zero is one word. */
function words(value: bigint): number[] {
  const result: number[] = [];
  do {
    result.push(Number(value & 0xffffffffn));
    value >>= 32n;
  } while (value > 0n);
  return result;
}

/**
 * The first `count` 32-bit words of numpy's `SeedSequence(entropy, spawn_key=spawnKey, pool_size=poolSize)`, which makes
 * well-mixed seeds out of one seed (O'Neill 2015, "Developing a seed_seq alternative").
 * @param entropy not negative. @param spawnKey non-negative integers, exact as float64.
 */
export function seedSequence(
  entropy: bigint,
  spawnKey: readonly number[],
  { poolSize, count }: { readonly poolSize: number; readonly count: number },
): Uint32Array<ArrayBuffer> {
  const input = words(entropy);
  if (spawnKey.length > 0) {
    while (input.length < poolSize) input.push(0);
    for (const key of spawnKey) input.push(...words(BigInt(key)));
  }
  const hash = new WordHash(0x43b0d7e5, 0x931e8875);
  const pool = Int32Array.from({ length: poolSize }, (_, i) => hash.next(input[i] ?? 0));
  for (let source = 0; source < poolSize; source++) {
    for (let target = 0; target < poolSize; target++) {
      if (target !== source) pool[target] = mix(pool[target]!, hash.next(pool[source]!));
    }
  }
  for (const word of input.slice(poolSize)) {
    for (let target = 0; target < poolSize; target++) pool[target] = mix(pool[target]!, hash.next(word));
  }
  const output = new WordHash(0x8b51f9dd, 0x58f38ded);
  return Uint32Array.from({ length: count }, (_, i) => output.next(pool[i % poolSize]!));
}
