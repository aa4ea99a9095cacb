import type { Value } from '../graph/value.ts';

/** The tensors of one module of an adapter file by their roles, and the numbers among them. */
export interface AdapterModule {
  /** Name of the module, for errors. */
  readonly name: string;
  /** `lora_up`, `hada_w1_a`, … with their stored shapes; `magnitude` is PEFT's own of DoRA. */
  readonly tensors: ReadonlyMap<string, Value>;
  /** `alpha`, `scale`, `on_input`. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** How a module is read. */
export interface ReadingOptions {
  /** Only so many of the ranks, the first ones; all when absent. A1111's `dyn`. */
  readonly ranks?: number | undefined;
}

/**
 * A way to store the difference of a weight: one file of `kinds/`, found through its registry. It says which tensors it
 * reads and states ΔW once, in graph ops; merging, applying at run time and training follow from that statement.
 */
export interface AdapterKind {
  /** As the registry of algorithms calls it by which files are recognised. */
  readonly id: string;
  /** The tensors that it reads, where they are there. */
  readonly reads: readonly string[];
  /** Whether ΔW is made of the values of the base weight; otherwise of its shape at most. */
  readonly isOfBase?: true;
  /** The rank that a module's alpha is divided by; undefined where its alpha means something else or nothing. */
  rank?(module: AdapterModule): number | undefined;
  /**
   * ΔW of a base weight [out, in], [out, in, kh, kw] or [n], before scale, magnitude and strength; in the base's shape, or in one
   * of as many elements; undefined where the module changes its bias alone.
   * @throws Error saying which shapes do not go together.
   */
  delta(base: Value, module: AdapterModule, options: ReadingOptions): Value | undefined;
  /** Difference [out] of the module's bias, before strength; undefined where the module has none. */
  biasDelta?(module: AdapterModule): Value | undefined;
}

/** The tensor of a module that its kind says is there. @throws Error when it is not. */
export function tensorOf({ name, tensors }: AdapterModule, tensor: string): Value {
  const value = tensors.get(tensor);
  if (value === undefined) throw new Error(`${name} has no ${tensor}`);
  return value;
}
