import { createGenerator, type NoiseSource } from '../../tensor/noise-generator.ts';
import { seedSequence } from '../../tensor/seed-sequence.ts';

// torchsde's settings for a tree whose path does not depend on the queries.
const POOL_SIZE = 24;
// A query goes down to its two ends, about 25 levels each, and shares one end with the query before it.
const KEPT_NODES = 64;

/** An interval of the tree; `id` numbers the nodes as a heap does (root 1, children 2 id and 2 id + 1). */
interface Node {
  readonly id: number;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly increment: Float32Array;
}

/**
 * A Brownian path over [t0, t1] that its seed fixes, as torchsde's `BrownianTree`: the increment of an interval is split
 * between its two halves with noise of their own, always halving, down to a millionth. Queries may come in any order.
 */
export class BrownianTree {
  readonly #entropy: bigint;
  readonly #source: NoiseSource;
  readonly #count: number;
  readonly #root: Node;
  /** Left halves by the node they are the half of. */
  readonly #kept = new Map<number, Float32Array>();

  /** @param range.t0 below `t1`. @param path.count numbers that walk side by side. @param path.seed 64 bits, unsigned. */
  constructor(
    range: { readonly t0: number; readonly t1: number },
    path: { readonly count: number; readonly seed: bigint; readonly source: NoiseSource },
  ) {
    this.#entropy = path.seed;
    this.#source = path.source;
    this.#count = path.count;
    const increment = this.#noise([]);
    const scale = Math.fround(Math.sqrt(range.t1 - range.t0));
    for (let i = 0; i < increment.length; i++) increment[i]! *= scale;
    this.#root = { id: 1, depth: 0, start: roundToMillionths(range.t0), end: roundToMillionths(range.t1), increment };
  }

  /** W(hi) - W(lo) for lo ≤ hi, both clamped to the tree's range and rounded to millionths. */
  increment(lo: number, hi: number): Float32Array<ArrayBuffer> {
    const { start, end } = this.#root;
    const from = roundToMillionths(Math.min(Math.max(lo, start), end));
    const to = roundToMillionths(Math.min(Math.max(hi, start), end));
    const sum = new Float32Array(this.#count);
    if (from < to) this.#addTiles(this.#root, from, to, sum);
    return sum;
  }

  /** Adds the largest nodes that tile [from, to] within `node`, from left to right. */
  #addTiles(node: Node, from: number, to: number, sum: Float32Array): void {
    if (from <= node.start && to >= node.end) {
      for (let i = 0; i < sum.length; i++) sum[i]! += node.increment[i]!;
      return;
    }
    const middle = roundToMillionths((node.start + node.end) / 2);
    const left = this.#leftHalf(node, middle);
    if (from < middle) {
      this.#addTiles(
        { id: 2 * node.id, depth: node.depth + 1, start: node.start, end: middle, increment: left },
        from,
        to,
        sum,
      );
    }
    if (to > middle) {
      const right = node.increment.map((whole, i) => whole - left[i]!);
      this.#addTiles(
        { id: 2 * node.id + 1, depth: node.depth + 1, start: middle, end: node.end, increment: right },
        from,
        to,
        sum,
      );
    }
  }

  /** A Brownian bridge: the increment up to `middle`, given that of the whole node. */
  #leftHalf(node: Node, middle: number): Float32Array {
    const kept = this.#kept.get(node.id);
    if (kept !== undefined) return this.#keep(node.id, kept);
    const inverse = 1 / (node.end - node.start);
    const before = middle - node.start;
    const deviation = Math.fround(Math.sqrt(before * (node.end - middle) * inverse));
    const share = Math.fround(before);
    const scale = Math.fround(inverse);
    const noise = this.#noise([node.id - 2 ** node.depth, node.depth]);
    for (let i = 0; i < noise.length; i++) {
      const mean = Math.fround(Math.fround(node.increment[i]! * share) * scale);
      noise[i] = mean + Math.fround(deviation * noise[i]!);
    }
    return this.#keep(node.id, noise);
  }

  #keep(id: number, left: Float32Array): Float32Array {
    // A map remembers the order of insertion, so its first key is the one that was used least recently.
    this.#kept.delete(id);
    this.#kept.set(id, left);
    if (this.#kept.size > KEPT_NODES) this.#kept.delete(this.#kept.keys().next().value!);
    return left;
  }

  #noise(spawnKey: readonly number[]): Float32Array {
    const [seed] = seedSequence(this.#entropy, spawnKey, { poolSize: POOL_SIZE, count: 1 });
    return createGenerator(this.#source, seed!).normal(this.#count);
  }
}

/** Six decimals; an exact tie (only n + 1/2 over 2^k · 5^6 can be one: an odd number of 128ths) goes to the even digit. */
function roundToMillionths(x: number): number {
  const rounded = Number(x.toFixed(6));
  const isTie = Number.isInteger(x * 128) && !Number.isInteger(x * 64);
  if (!isTie) return rounded;
  const units = Math.round(rounded * 1e6);
  return units % 2 === 0 ? rounded : (units - Math.sign(rounded - x)) / 1e6;
}
