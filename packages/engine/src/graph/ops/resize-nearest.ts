import {
  addDims,
  countOf,
  type Dim,
  equalDims,
  equalShapes,
  floorDivideDim,
  multiplyDims,
  type Shape,
  showShape,
  subtractDims,
  symbol,
} from '../dim.ts';
import type { OnnxEmitter } from '../onnx-emitter.ts';
import type { Op } from '../op.ts';
import { apply, type Value } from '../value.ts';
import { slice } from './slice-pad.ts';

// Repeating pixels and summing them back are each other's gradient, so they share a file.

type SizeAttributes = { readonly size: readonly [height: Dim, width: Dim] };

export const resizeNearestOp: Op<SizeAttributes> = {
  name: 'resizeNearest',
  infer: ([x], { size }) => ({ type: x!.type, shape: resized('resizeNearest', x!.shape, size) }),
  gradient: ({ inputs: [x], grad }) => [resizeNearestGradient(grad, x!.shape[2]!, x!.shape[3]!)],
  reference([x], _, shape) {
    const data = new Float64Array(countOf(shape) as number);
    eachPixel(x!.shape, shape, (source, target) => {
      data[target] = x!.data[source]!;
    });
    return { shape, data };
  },
  onnx(emit, [x], { inputs, shape }) {
    const from = inputs[0]!.shape;
    if (AXES.every((axis) => resizesExactly(from[axis]!, shape[axis]!))) {
      return emit.node('Resize', [x!, '', '', emit.shape(shape)], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      });
    }
    const changed = AXES.filter((axis) => !equalDims(from[axis]!, shape[axis]!));
    return changed.reduce(
      (name, axis) => emit.node('Gather', [name, emitPlaces(emit, from[axis]!, shape[axis]!)], { axis }),
      x!,
    );
  },
  examples: (random) => {
    const [n, c, h, w] = [random.integer(1, 2), random.integer(1, 2), random.integer(1, 4), random.integer(2, 4)];
    const s = symbol('s');
    const twice = multiplyDims(s, 2);
    return [
      { inputs: [{ shape: [n, c, h, w] }], attributes: { size: [random.integer(1, 9), random.integer(1, 9)] } },
      { inputs: [{ shape: [n, c, h, w] }], attributes: { size: [2 * h, 2 * w] } },
      { inputs: [{ shape: [n, c, s, 3] }], attributes: { size: [twice, 6] }, sizes: { s: h } },
      { inputs: [{ shape: [n, c, s, w] }], attributes: { size: [subtractDims(twice, 1), 4] }, sizes: { s: h } },
    ];
  },
};

/**
 * `x` [n, c, h, w] at another height and width, each pixel being the nearest at or before it: torch's interpolate in
 * mode `nearest`, to the bit for any sizes.
 */
export function resizeNearest(x: Value, height: Dim, width: Dim): Value {
  const cut = [height, width].reduce<Value>(
    (value, size, i) => (keepsFirst(value.shape[i + 2]!, size) ? slice(value, i + 2, 0, size) : value),
    x,
  );
  return equalShapes(cut.shape.slice(2), [height, width])
    ? cut
    : apply(resizeNearestOp, [cut], { size: [height, width] });
}

export const resizeNearestGradientOp: Op<SizeAttributes> = {
  name: 'resizeNearestGradient',
  infer: ([x], { size }) => ({ type: x!.type, shape: resized('resizeNearestGradient', x!.shape, size) }),
  gradient: ({ inputs: [x], grad }) => [resizeNearest(grad, x!.shape[2]!, x!.shape[3]!)],
  reference([x], _, shape) {
    const data = new Float64Array(countOf(shape) as number);
    eachPixel(shape, x!.shape, (target, source) => {
      data[target]! += x!.data[source]!;
    });
    return { shape, data };
  },
  onnx(emit, [x], { inputs, shape }) {
    const from = inputs[0]!.shape;
    const [n, c, h, w] = shape as [Dim, Dim, Dim, Dim];
    const [down, right] = AXES.map((axis) => repetitions(shape[axis]!, from[axis]!)).reverse();
    if (down !== undefined && right !== undefined) {
      const blocks = emit.reshape(x!, from, [multiplyDims(n, c), h, down, w, right]);
      const sums = emit.node('ReduceSum', [blocks, emit.ints([2, 4])], { keepdims: 0 });
      return emit.reshape(sums, [multiplyDims(n, c), h, w], shape);
    }
    // Both axes as products with 0-1 matrices that say which pixel came from which.
    const [rows, columns] = [2, 3].map((axis) => {
      const ids = emitPlaces(emit, shape[axis]!, from[axis]!);
      return emit.node('OneHot', [ids, emit.dim(shape[axis]!), emit.floats([0, 1], [2])], { axis: axis === 2 ? 0 : 1 });
    });
    return emit.node('MatMul', [rows!, emit.node('MatMul', [x!, columns!])]);
  },
  examples: (random) => {
    const [n, c, h, w] = [random.integer(1, 2), random.integer(1, 2), random.integer(1, 4), random.integer(2, 4)];
    const s = symbol('s');
    const twice = multiplyDims(s, 2);
    return [
      { inputs: [{ shape: [n, c, random.integer(1, 6), random.integer(1, 6)] }], attributes: { size: [h, w] } },
      { inputs: [{ shape: [n, c, 2 * h, 3 * w] }], attributes: { size: [h, w] } },
      { inputs: [{ shape: [n, c, twice, 4] }], attributes: { size: [s, 2] }, sizes: { s: h } },
      { inputs: [{ shape: [n, c, 4, subtractDims(twice, 1)] }], attributes: { size: [2, s] }, sizes: { s: h } },
    ];
  },
};

/** Sums the pixels of `x` [n, c, H, W] into the pixels of [n, c, height, width] that `resizeNearest` would repeat there. */
export const resizeNearestGradient = (x: Value, height: Dim, width: Dim): Value =>
  equalDims(x.shape[2]!, height) && equalDims(x.shape[3]!, width)
    ? x
    : apply(resizeNearestGradientOp, [x], { size: [height, width] });

/** Which of `from` pixels stands at each of `to` places, computed in float32 as torch does. */
export const nearestPlaces = (from: number, to: number): number[] => {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, i) => Math.min(Math.floor(Math.fround(i * scale)), from - 1));
};

/** Height and width; width first, where less is to be copied. */
const AXES = [3, 2] as const;

/** Scales that float32 divides and multiplies by exactly, whatever the size. */
const POWERS = [1, 2, 4, 8];

function resized(op: string, shape: Shape, size: readonly [Dim, Dim]): Shape {
  if (shape.length !== 4) throw new Error(`${op}: expected [n, c, h, w], found ${showShape(shape)}`);
  return [...shape.slice(0, 2), ...size];
}

/** Calls `visit` with the flat indices of every pixel of the resized shape `to` and of the pixel of `from` it shows. */
function eachPixel(
  from: readonly number[],
  to: readonly number[],
  visit: (source: number, target: number) => void,
): void {
  const [planes, h, w, height, width] = [from[0]! * from[1]!, from[2]!, from[3]!, to[2]!, to[3]!];
  const [rows, columns] = [nearestPlaces(h, height), nearestPlaces(w, width)];
  for (let i = 0; i < planes * height * width; i++) {
    const [plane, row, column] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width];
    visit((plane * h + rows[row]!) * w + columns[column]!, i);
  }
}

/** Whether the nearest pixels are simply the first ones: a size that was halved, rounding up, and doubled goes back so. */
function keepsFirst(from: Dim, to: Dim): boolean {
  if (typeof from === 'number' && typeof to === 'number')
    return nearestPlaces(from, to).every((place, i) => place === i);
  return equalDims(from, multiplyDims(floorDivideDim(addDims(to, 1), 2), 2));
}

/** Whether ONNX's Resize, which divides by a float32 scale where torch multiplies, finds the same pixels. */
function resizesExactly(from: Dim, to: Dim): boolean {
  if (typeof from !== 'number' || typeof to !== 'number')
    return POWERS.some((k) => equalDims(multiplyDims(from, k), to));
  const scale = Math.fround(to / from);
  return nearestPlaces(from, to).every((place, i) => place === Math.floor(Math.fround(i / scale)));
}

/** How often every one of `from` pixels is repeated in `to` places, undefined when not evenly or not known. */
function repetitions(from: Dim, to: Dim): number | undefined {
  if (typeof from !== 'number' || typeof to !== 'number')
    return POWERS.find((k) => equalDims(multiplyDims(from, k), to));
  const times = to / from;
  const even = Number.isInteger(times) && nearestPlaces(from, to).every((place, i) => place === Math.floor(i / times));
  return even ? times : undefined;
}

/** `nearestPlaces` as an int64 tensor; of symbolic sizes it is computed when the model runs. */
function emitPlaces(emit: OnnxEmitter, from: Dim, to: Dim): string {
  if (typeof from === 'number' && typeof to === 'number') return emit.ints(nearestPlaces(from, to));
  const [size, count] = [from, to].map((dim) => emit.node('Squeeze', [emit.dim(dim), emit.ints([0])]));
  const float = (name: string) => emit.node('Cast', [name], { to: { type: 'f32' } });
  const [zero, one] = [0, 1].map((value) => emit.node('Squeeze', [emit.ints([value]), emit.ints([0])]));
  const scale = emit.node('Div', [float(size!), float(count!)]);
  const exact = emit.node('Mul', [float(emit.node('Range', [zero!, count!, one!])), scale]);
  const place = emit.node('Cast', [emit.node('Floor', [exact])], { to: { type: 'i64' } });
  return emit.node('Min', [place, emit.node('Sub', [size!, one!])]);
}
