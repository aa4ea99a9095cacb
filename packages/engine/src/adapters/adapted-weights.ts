import type { Graph } from '../graph/value.ts';
import { elementCount, type Tensor } from '../tensor/tensor.ts';
import type { BasePart } from './base-modules.ts';

interface Kept {
  /** What the values were worked out from. */
  readonly key: string;
  readonly values: ReadonlyMap<string, Tensor>;
}

/** Work whose results are adapted weights, all of known shapes. */
interface Work {
  readonly graph: Graph;
  run(into: Readonly<Record<string, Float32Array>>): Promise<unknown>;
}

/**
 * The adapted weights of the adaptation in use, one set for each part. Those of the next one are written into the same memory,
 * for they are large; a part that stays as it is is not worked out again.
 */
export class AdaptedWeights {
  readonly #kept = new Map<BasePart, Kept>();

  /**
   * Values by the name of the output.
   * @param key says what they are made of: equal keys, equal values.
   */
  async get(part: BasePart, key: string, plan: () => Work): Promise<ReadonlyMap<string, Tensor>> {
    const known = this.#kept.get(part);
    if (known?.key === key) return known.values;
    // What is being overwritten is nobody's until it is whole.
    this.#kept.delete(part);
    const { graph, run } = plan();
    const values = new Map(
      Object.entries(graph.outputs).map(([name, value]): [string, Tensor] => {
        const shape = value.shape as readonly number[];
        const old = known?.values.get(name);
        const count = elementCount(shape);
        return [name, { shape, data: old?.data.length === count ? old.data : new Float32Array(count) }];
      }),
    );
    await run(Object.fromEntries([...values].map(([name, { data }]) => [name, data])));
    this.#kept.set(part, { key, values });
    return values;
  }

  /** Gives the memory back. */
  clear(): void {
    this.#kept.clear();
  }
}

const identities = new WeakMap<object, number>();
let identityCount = 0;

/** A number that tells one object from all others. */
export function identityOf(object: object): number {
  const known = identities.get(object) ?? ++identityCount;
  identities.set(object, known);
  return known;
}
