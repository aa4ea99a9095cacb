import { type Dim, equalDims, type Shape, showShape } from './dim.ts';
import type { Float64Tensor } from './evaluate.ts';

/** The shape two shapes broadcast to by NumPy's rule. @throws Error naming `op`. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === 1) return y;
    if (y === 1 || equalDims(x, y)) return x;
    throw new Error(`${op}: ${showShape(a)} and ${showShape(b)} do not broadcast`);
  });
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Calls `visit` with the flat index in `shape` and the flat index of the element of `from` that is broadcast there. */
export function eachBroadcast(
  from: readonly number[],
  shape: readonly number[],
  visit: (to: number, from: number) => void,
): void {
  const count = shape.reduce((a, b) => a * b, 1);
  const toStrides = stridesOf(shape);
  const fromStrides = stridesOf(from);
  const extra = shape.length - from.length;
  for (let i = 0; i < count; i++) {
    let at = 0;
    for (let axis = extra; axis < shape.length; axis++) {
      if (from[axis - extra] !== 1)
        at += (Math.floor(i / toStrides[axis]!) % shape[axis]!) * fromStrides[axis - extra]!;
    }
    visit(i, at);
  }
}

/** A tensor stretched to a shape. */
export function broadcastTo(tensor: Float64Tensor, shape: readonly number[]): Float64Tensor {
  const data = new Float64Array(shape.reduce((a, b) => a * b, 1));
  eachBroadcast(tensor.shape, shape, (to, from) => {
    data[to] = tensor.data[from]!;
  });
  return { shape, data };
}
