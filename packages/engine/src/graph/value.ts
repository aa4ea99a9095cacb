import { DanqingError } from '../errors.ts';
import { elementCount } from '../tensor/tensor.ts';
import type { TensorEntry } from '../weights/tensor-index.ts';
import { type Shape, showShape } from './dim.ts';
import type { Attributes, Op } from './op.ts';

/** Element types of values inside a graph; stored weights of any dtype are f32 here. */
export type ElementType = 'f32' | 'i64';

/** Type of a value: element type and shape. */
export interface ValueType {
  readonly type: ElementType;
  readonly shape: Shape;
}

/**
 * A value of a graph: an input, a stored weight, a constant, or the result of an op on other values. Values are
 * immutable and know what they are made from, so a graph is just the values one asks for.
 */
export type Value = InputValue | WeightValue | ConstantValue | ResultValue;

export interface InputValue extends ValueType {
  readonly kind: 'input';
  readonly name: string;
}

/** A tensor that stays in its file; `entry.dtype` is what is stored, the value is f32. */
export interface WeightValue extends ValueType {
  readonly kind: 'weight';
  readonly shape: readonly number[];
  readonly entry: TensorEntry;
}

/** Numbers held in the graph: scalars, masks, tables. */
export interface ConstantValue extends ValueType {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface ResultValue extends ValueType {
  readonly kind: 'result';
  readonly op: Op<Attributes>;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

/** A named set of inputs and outputs: the unit that is printed, checked, differentiated, emitted and run. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly InputValue[];
  readonly outputs: Readonly<Record<string, Value>>;
}

/** A graph input of the given shape; a symbol in the shape takes its size from the fed tensor. */
export const input = (name: string, shape: Shape, type: ElementType = 'f32'): InputValue => ({
  kind: 'input',
  name,
  shape,
  type,
});

/**
 * A stored tensor as a value; `shape` may regroup the same number of elements ([O, I, 1, 1] read as [O, I]).
 * @throws bad-shape when the element counts differ.
 */
export function weight(entry: TensorEntry, shape: readonly number[] = entry.shape): WeightValue {
  if (elementCount(shape) !== elementCount(entry.shape)) {
    throw new DanqingError('bad-shape', {
      where: entry.name,
      expected: showShape(shape),
      found: showShape(entry.shape),
    });
  }
  return { kind: 'weight', type: 'f32', shape, entry };
}

/** Rows [start, end) of a stored tensor (its first axis) as a value of their own, still in the file. */
export function weightRows(entry: TensorEntry, start: number, end: number): WeightValue {
  const rows = entry.shape[0]!;
  const rowBytes = entry.length / rows;
  return weight({
    ...entry,
    name: `${entry.name}[${start}:${end}]`,
    shape: [end - start, ...entry.shape.slice(1)],
    offset: entry.offset + start * rowBytes,
    length: (end - start) * rowBytes,
  });
}

export function constant(shape: readonly number[], data: ArrayLike<number>, type: ElementType = 'f32'): ConstantValue {
  if (elementCount(shape) !== data.length) throw new Error(`constant ${showShape(shape)} with ${data.length} elements`);
  return { kind: 'constant', type, shape, data: Float64Array.from(data) };
}

export const scalar = (value: number): ConstantValue => constant([], [value]);

/** The op on these inputs; its shape rule says the result's type or throws. */
export function apply<A extends Attributes>(op: Op<A>, inputs: readonly Value[], attributes: A): ResultValue {
  const { type, shape } = op.infer(inputs, attributes);
  return { kind: 'result', type, shape, op: op as unknown as Op<Attributes>, inputs, attributes };
}

/** All values that `roots` are made from, each once, every value after what it is made from (no recursion: graphs are deep). */
export function topological(roots: Iterable<Value>): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const stack: { value: Value; next: number }[] = [];
  for (const root of roots) {
    if (seen.has(root)) continue;
    seen.add(root);
    stack.push({ value: root, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const parents = top.value.kind === 'result' ? top.value.inputs : [];
      if (top.next === parents.length) {
        order.push(top.value);
        stack.pop();
        continue;
      }
      const parent = parents[top.next++]!;
      if (!seen.has(parent)) {
        seen.add(parent);
        stack.push({ value: parent, next: 0 });
      }
    }
  }
  return order;
}
