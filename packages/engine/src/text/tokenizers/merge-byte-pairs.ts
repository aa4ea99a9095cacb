/** The rank of each pair of neighbouring ids that may merge, by `pairKey`; a lower rank merges earlier. */
export type PairRanks = ReadonlyMap<number, number>;

/** A pair of ids (each below 65,536) as one key. */
export const pairKey = (first: number, second: number): number => first * 0x1_0000 + second;

/**
 * Byte-pair encoding: merges the neighbours of the lowest rank, leftmost first, until no neighbours can merge; a merge of rank r makes
 * the id `firstMergeId + r`. As each id comes from one merge only, and a pair with it ranks after that merge, this equals merging all
 * pairs of a rank at once. Takes O(n log n) for n ids.
 */
export function mergeBytePairs(ids: readonly number[], ranks: PairRanks, firstMergeId: number): number[] {
  const symbols = Array.from(ids);
  const next = symbols.map((_, i) => i + 1);
  const previous = symbols.map((_, i) => i - 1);
  const gone = -1;
  const queue = new MinQueue();

  const rankAt = (at: number): number | undefined => {
    const right = next[at];
    const first = symbols[at];
    const second = right === undefined ? undefined : symbols[right];
    return first === undefined || second === undefined ? undefined : ranks.get(pairKey(first, second));
  };
  const enqueue = (at: number): void => {
    const rank = rankAt(at);
    if (rank !== undefined) queue.push(rank * positions + at);
  };

  for (let at = 0; at < symbols.length; at++) enqueue(at);
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    const at = entry % positions;
    const rank = (entry - at) / positions;
    if (symbols[at] === gone || rankAt(at) !== rank) continue;
    const merged = next[at]!;
    const after = next[merged]!;
    symbols[at] = firstMergeId + rank;
    symbols[merged] = gone;
    next[at] = after;
    if (after < symbols.length) previous[after] = at;
    enqueue(at);
    if (previous[at]! >= 0) enqueue(previous[at]!);
  }
  return symbols.filter((symbol) => symbol !== gone);
}

/** A queue entry is rank · positions + position, exact in a double. */
const positions = 2 ** 32;

/** A binary heap of numbers. */
class MinQueue {
  readonly #heap: number[] = [];

  push(value: number): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= value) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = value;
  }

  pop(): number | undefined {
    const heap = this.#heap;
    const least = heap[0];
    const value = heap.pop();
    if (least === undefined || value === undefined || heap.length === 0) return least;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= value) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = value;
    return least;
  }
}
