import { equalDims, equalShapes, type Shape, showShape } from './dim.ts';
import { add } from './ops/add.ts';
import { reshape } from './ops/reshape.ts';
import { sum } from './ops/sum.ts';
import { scalar, topological, type Value } from './value.ts';

/**
 * The gradient of a scalar by each of `wanted`, as values of the same graph language: one backward walk over the
 * nodes that lie between them, so that everything frozen costs nothing.
 * @returns values of the wanted shapes; null for a value that the loss does not depend on.
 * @throws Error when an op on the way has no gradient, or `loss` is not a scalar.
 */
export function gradient(loss: Value, wanted: readonly Value[]): (Value | null)[] {
  if (loss.shape.length !== 0) throw new Error('gradient: the loss is not a scalar; sum or average it first');
  return pullBack([{ value: loss, cotangent: scalar(1) }], wanted);
}

/**
 * Vector-Jacobian product: pulls cotangents of several values back to the wanted ones.
 * @param from values with their cotangents.
 * @throws Error when a cotangent has not its value's shape.
 */
export function pullBack(
  from: readonly { value: Value; cotangent: Value }[],
  wanted: readonly Value[],
): (Value | null)[] {
  const order = topological(from.map(({ value }) => value));
  const onPath = new Set<Value>(wanted);
  for (const value of order) {
    if (value.kind === 'result' && value.inputs.some((input) => onPath.has(input))) onPath.add(value);
  }
  const grads = new Map<Value, Value>();
  const accumulate = (value: Value, grad: Value): void => {
    const known = grads.get(value);
    grads.set(value, known === undefined ? grad : add(known, grad));
  };
  for (const { value, cotangent } of from) {
    if (!equalShapes(value.shape, cotangent.shape)) {
      throw new Error(`gradient: a cotangent ${showShape(cotangent.shape)} for a value ${showShape(value.shape)}`);
    }
    if (onPath.has(value)) accumulate(value, cotangent);
  }
  for (const value of order.reverse()) {
    const grad = grads.get(value);
    if (value.kind !== 'result' || grad === undefined) continue;
    const { op, inputs, attributes } = value;
    const asked = inputs.map((input) => onPath.has(input));
    if (!asked.includes(true)) continue;
    if (op.gradient === undefined) throw new Error(`gradient: ${op.name} has no gradient`);
    const results = op.gradient({ inputs, attributes, output: value, grad, wanted: asked });
    results.forEach((result, i) => {
      if (result !== null && asked[i]) accumulate(inputs[i]!, sumTo(result, inputs[i]!.shape));
    });
  }
  return wanted.map((value) => grads.get(value) ?? null);
}

/** Undoes broadcasting: sums over the axes along which `shape` was stretched. The only place where that is done. */
function sumTo(value: Value, shape: Shape): Value {
  if (equalShapes(value.shape, shape)) return value;
  const extra = value.shape.length - shape.length;
  const axes = value.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < extra || !equalDims(value.shape[axis]!, shape[axis - extra]!));
  return reshape(sum(value, axes), shape);
}
