import { copyBlock } from '../copy-block.ts';
import {
  addDims,
  type Dim,
  equalDims,
  multiplyDims,
  type Shape,
  showDim,
  showShape,
  subtractDims,
  symbol,
} from '../dim.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';

// Slice and pad are each other's gradient, so they share a file.

type SliceAttributes = { readonly axis: number; readonly range: readonly [start: Dim, end: Dim] };

export const sliceOp: Op<SliceAttributes> = {
  name: 'slice',
  infer([x], { axis, range: [start, end] }) {
    const { type, shape } = x!;
    const size = shape[axis];
    const bounds = [0, start, end, size].filter((dim) => typeof dim === 'number');
    if (size === undefined || bounds.some((bound, i) => i > 0 && bound < bounds[i - 1]!)) {
      throw new Error(`slice: ${showDim(start)}:${showDim(end)} of axis ${axis} is not within ${showShape(shape)}`);
    }
    return { type, shape: shape.with(axis, subtractDims(end, start)) };
  },
  gradient({
    inputs: [x],
    attributes: {
      axis,
      range: [start, end],
    },
    grad,
  }) {
    const none = x!.shape.map((): Dim => 0);
    return [pad(grad, none.with(axis, start), none.with(axis, subtractDims(x!.shape[axis]!, end)))];
  },
  reference([x], { axis, range: [start] }, shape) {
    const result = { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
    const none = shape.map(() => 0);
    copyBlock(shape, x!, none.with(axis, start as number), result, none);
    return result;
  },
  onnx: (emit, [x], { attributes: { axis, range } }) =>
    emit.node('Slice', [x!, emit.dim(range[0]), emit.dim(range[1]), emit.ints([axis])]),
  examples: (random) => {
    const shape = [random.integer(1, 3), random.integer(4, 6), random.integer(2, 3)];
    const start = random.integer(0, 2);
    const n = symbol('n');
    return [
      { inputs: [{ shape }], attributes: { axis: 1, range: [start, random.integer(start + 1, 4)] } },
      { inputs: [{ shape }], attributes: { axis: 2, range: [1, 2] } },
      {
        inputs: [{ shape: [2, multiplyDims(n, 3)] }],
        attributes: { axis: 1, range: [n, multiplyDims(n, 2)] },
        sizes: { n: random.integer(1, 4) },
      },
    ];
  },
};

/** The part of `x` from `start` up to but without `end` along one axis. */
export function slice(x: Value, axis: number, start: Dim, end: Dim): Value {
  const size = x.shape[axis];
  const whole = size !== undefined && start === 0 && equalDims(end, size);
  return whole ? x : apply(sliceOp, [x], { axis, range: [start, end] });
}

type PadAttributes = { readonly before: Shape; readonly after: Shape };

export const padOp: Op<PadAttributes> = {
  name: 'pad',
  infer([x], { before, after }) {
    const { type, shape } = x!;
    const negative = [...before, ...after].some((dim) => typeof dim === 'number' && dim < 0);
    if (before.length !== shape.length || after.length !== shape.length || negative) {
      throw new Error(`pad: ${showShape(before)} before and ${showShape(after)} after do not fit ${showShape(shape)}`);
    }
    return { type, shape: shape.map((size, axis) => addDims(size, addDims(before[axis]!, after[axis]!))) };
  },
  gradient: ({ inputs: [x], attributes: { before }, grad }) => [
    before.reduce<Value>((cut, start, axis) => slice(cut, axis, start, addDims(start, x!.shape[axis]!)), grad),
  ],
  reference([x], { before }, shape) {
    const result = { shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) };
    const none = shape.map(() => 0);
    copyBlock(x!.shape, x!, none, result, before as readonly number[]);
    return result;
  },
  onnx: (emit, [x], { attributes: { before, after } }) => emit.node('Pad', [x!, emit.shape([...before, ...after])]),
  examples: (random) => {
    const shape = [random.integer(1, 3), random.integer(2, 3)];
    const n = symbol('n');
    return [
      { inputs: [{ shape }], attributes: { before: [0, 1], after: [0, random.integer(0, 2)] } },
      { inputs: [{ shape }], attributes: { before: [random.integer(0, 2), 0], after: [1, 1] } },
      { inputs: [{ shape: [2, n] }], attributes: { before: [0, n], after: [1, multiplyDims(n, 2)] }, sizes: { n: 2 } },
    ];
  },
};

/** `x` with zeros around it: as many before and after along each axis as the two lists say. */
export const pad = (x: Value, before: Shape, after: Shape): Value =>
  [...before, ...after].every((count) => count === 0) ? x : apply(padOp, [x], { before, after });
