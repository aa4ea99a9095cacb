import { addProduct } from '../graph/ops/add-product.ts';
import { add } from '../graph/ops/add.ts';
import { concat } from '../graph/ops/concat.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { pad } from '../graph/ops/slice-pad.ts';
import { constant, type Value, weight } from '../graph/value.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { type AdapterUse, strengthOn } from './adapter-use.ts';
import type { BaseModule, BasePart } from './base-modules.ts';
import { matchedDelta, type MatchedModule } from './match-adapter.ts';
import { product, productOf, shapeOf } from './matrices.ts';
import { scaleValue } from './scale-value.ts';

/**
 * How what adapters add gets into a network: `whole`, the tensor itself is another one; `factors`, the layer's result has added to it what two
 * small matrices make of the layer's input, which is the same for a sum of low-rank products.
 */
export type TensorForm = 'whole' | 'factors';

/** A stored tensor of the checkpoint and what adapters add to it. */
export interface AdaptedTensor {
  readonly part: BasePart;
  readonly entry: TensorEntry;
  /** In the order of the uses. */
  readonly changes: readonly Change[];
  readonly form: TensorForm;
}

interface Change {
  readonly use: AdapterUse;
  readonly module: MatchedModule;
  readonly what: 'weight' | 'bias';
}

/**
 * What a weight has to bring, in output times input size by their sum, for its adapters to be cheaper as factors in every step than
 * as a new weight before the first: wide layers have few places to work on.
 */
const WIDE = 450;

/** What adapters change, by the name of the tensor; uses whose strength on a part is 0 change nothing there. */
export function adaptedTensors(uses: readonly AdapterUse[]): ReadonlyMap<string, AdaptedTensor> {
  const tensors = new Map<string, { part: BasePart; entry: TensorEntry; changes: Change[] }>();
  for (const use of uses) {
    for (const module of use.matched.modules) {
      const { part, weight: stored, bias } = module.base;
      if (strengthOn(use, part) === 0) continue;
      const put = (entry: TensorEntry, what: Change['what']): void => {
        const tensor = tensors.get(entry.name) ?? { part, entry, changes: [] };
        tensor.changes.push({ use, module, what });
        tensors.set(entry.name, tensor);
      };
      const changesWeight = module.module.algorithm.id !== 'full' || module.module.tensors.has('diff');
      if (changesWeight) put(stored, 'weight');
      if (bias !== undefined && module.kind.biasDelta?.(module.module) !== undefined) put(bias, 'bias');
    }
  }
  const formed = [...tensors].map(([name, tensor]) => [name, { ...tensor, form: formOf(tensor) }] as const);
  return new Map(formed);
}

/** The form of a tensor: factors where they are small and all changes have them. */
export function formOf({ part, entry, changes }: Omit<AdaptedTensor, 'form'>): TensorForm {
  const [out = 1, ...rest] = entry.shape;
  const within = product(rest);
  // A text encoder runs once or twice for a picture.
  const isWide = rest.length > 0 && (part !== 'denoiser' || (out * within) / (out + within) >= WIDE);
  const areLow = isWide && changes.every((change) => change.what === 'weight' && isProduct(deltaOf(change)));
  return areLow ? 'factors' : 'whole';
}

const isProduct = (delta: Value | undefined): boolean => delta === undefined || productOf(delta) !== undefined;

/**
 * W' = W + Σ strength · ΔW, in the tensor's shape. Adapters add: each is worked out on the checkpoint's own weight.
 * @param strengthOf the strength of a use on the tensor's part, as a scalar value.
 */
export function adaptedValue(tensor: AdaptedTensor, strengthOf: (use: AdapterUse) => Value): Value {
  const { factors, others } = changesOf(tensor, strengthOf);
  // Products of low rank are put side by side and added in one go: the weight is large, what is between should not be.
  const base = others.reduce<Value>(add, weight(tensor.entry));
  if (factors === undefined) return base;
  const [a, b] = factors;
  return reshape(addProduct(reshape(base, [a.shape[0]!, b.shape[1]!]), a, b), base.shape);
}

/** The factors a [out, ranks] and b [ranks, within] of what adapters add; of rank 1 and zero where that is nothing. */
export function adaptedFactors(tensor: AdaptedTensor, strengthOf: (use: AdapterUse) => Value): readonly [Value, Value] {
  const [out = 1, ...rest] = tensor.entry.shape;
  const { factors } = changesOf(tensor, strengthOf);
  return factors ?? [zeros([out, 1]), zeros([1, product(rest)])];
}

const zeros = (shape: readonly number[]): Value => constant(shape, new Float64Array(product(shape)));

interface Changes {
  readonly factors: readonly [Value, Value] | undefined;
  readonly others: readonly Value[];
}

function changesOf({ entry, changes }: AdaptedTensor, strengthOf: (use: AdapterUse) => Value): Changes {
  const factors: (readonly [Value, Value])[] = [];
  const others: Value[] = [];
  for (const change of changes) {
    const delta = deltaOf(change);
    if (delta === undefined) continue;
    const scaled = scaleValue(delta, strengthOf(change.use));
    const { base } = change.module;
    const found = productOf(scaled);
    if (found === undefined) others.push(widened(scaled, base));
    else if (found[0].shape[0] === entry.shape[0] || base.third !== undefined)
      factors.push([widened(found[0], base), found[1]]);
    else others.push(scaled);
  }
  if (factors.length === 0) return { factors: undefined, others };
  const [first, second] = [factors.map(([a]) => a), factors.map(([, b]) => b)];
  return { factors: [concat(first, 1), concat(second, 0)], others };
}

/** What one change adds at strength 1. */
export const deltaOf = ({ use, module, what }: Change): Value | undefined =>
  what === 'weight' ? matchedDelta(module, use) : module.kind.biasDelta?.(module.module);

/** Rows of one of the three layers in a tensor as rows of the whole. */
function widened(delta: Value, { third }: BaseModule): Value {
  if (third === undefined) return delta;
  const rows = shapeOf(delta)[0]!;
  const none = delta.shape.map(() => 0);
  return pad(delta, none.with(0, third * rows), none.with(0, (2 - third) * rows));
}
