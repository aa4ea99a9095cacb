import { addProduct } from '../graph/ops/add-product.ts';
import { add } from '../graph/ops/add.ts';
import { concat } from '../graph/ops/concat.ts';
import { reshape } from '../graph/ops/reshape.ts';
import { pad } from '../graph/ops/slice-pad.ts';
import { type Value, weight } from '../graph/value.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { type AdapterUse, strengthOn } from './adapter-use.ts';
import type { BaseModule, BasePart } from './base-modules.ts';
import { matchedDelta } from './match-adapter.ts';
import { productOf, shapeOf } from './matrices.ts';
import { scaleValue } from './scale-value.ts';

/** A stored tensor of the checkpoint and what adapters add to it. */
export interface AdaptedTensor {
  readonly part: BasePart;
  readonly entry: TensorEntry;
  /** In the order of the uses. */
  readonly changes: readonly Change[];
}

/** What one module of an add-on adds to a tensor. */
export interface Change {
  readonly use: AdapterUse;
  readonly base: BaseModule;
  /** What it adds at strength 1, to the rows of its layer. */
  readonly delta: Value;
}

/** What adapters change, by the name of the tensor; uses whose strength on a part is 0 change nothing there. */
export function adaptedTensors(uses: readonly AdapterUse[]): ReadonlyMap<string, AdaptedTensor> {
  const tensors = new Map<string, { part: BasePart; entry: TensorEntry; changes: Change[] }>();
  for (const use of uses) {
    for (const module of use.matched.modules) {
      const { part, weight: stored, bias } = module.base;
      if (strengthOn(use, part) === 0) continue;
      const put = (entry: TensorEntry, delta: Value | undefined): void => {
        if (delta === undefined) return;
        const tensor = tensors.get(entry.name) ?? { part, entry, changes: [] };
        tensor.changes.push({ use, base: module.base, delta });
        tensors.set(entry.name, tensor);
      };
      put(stored, matchedDelta(module, use));
      if (bias !== undefined) put(bias, module.kind.biasDelta?.(module.module));
    }
  }
  return tensors;
}

/**
 * The factors [out, rank] and [rank, within] of what a change adds, over all rows of the tensor; undefined where it is no such product.
 * @param delta at strength 1, or scaled.
 */
export function factorsOf({ base, delta }: Change, entry: TensorEntry): readonly [Value, Value] | undefined {
  const found = productOf(delta);
  if (found === undefined) return undefined;
  const [a, b] = [widened(found[0], base), found[1]];
  return a.shape[0] === entry.shape[0] ? [a, b] : undefined;
}

/**
 * W' = W + Σ strength · ΔW, in the tensor's shape. Adapters add: each is worked out on the checkpoint's own weight.
 * @param strengthOf the strength of a use on the tensor's part, as a scalar value.
 */
export function adaptedValue(tensor: AdaptedTensor, strengthOf: (use: AdapterUse) => Value): Value {
  const { entry, changes } = tensor;
  const factors = changes.flatMap((change) => {
    const found = factorsOf({ ...change, delta: scaleValue(change.delta, strengthOf(change.use)) }, entry);
    return found === undefined ? [] : [found];
  });
  const sum = withOthers(tensor, strengthOf);
  if (factors.length === 0) return sum;
  // Products of low rank are put side by side and added in one go: the weight is large, what is between should not be.
  const [a, b] = [
    concat(
      factors.map(([first]) => first),
      1,
    ),
    concat(
      factors.map(([, second]) => second),
      0,
    ),
  ];
  return reshape(addProduct(reshape(sum, [a.shape[0]!, b.shape[1]!]), a, b), sum.shape);
}

/** A tensor with those of its changes that are no products of low rank. */
export function withOthers({ entry, changes }: AdaptedTensor, strengthOf: (use: AdapterUse) => Value): Value {
  const others = changes.filter((change) => factorsOf(change, entry) === undefined);
  return others.reduce<Value>(
    (sum, { use, base, delta }) => add(sum, widened(scaleValue(delta, strengthOf(use)), base)),
    weight(entry),
  );
}

/** Rows of one of the three layers in a tensor as rows of the whole. */
function widened(delta: Value, { third }: BaseModule): Value {
  if (third === undefined) return delta;
  const rows = shapeOf(delta)[0]!;
  const none = delta.shape.map(() => 0);
  return pad(delta, none.with(0, third * rows), none.with(0, (2 - third) * rows));
}
