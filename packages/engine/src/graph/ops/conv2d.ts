import {
  addDims,
  type Dim,
  equalDims,
  equalShapes,
  floorDivideDim,
  multiplyDims,
  type Shape,
  showShape,
  subtractDims,
} from '../dim.ts';
import type { Float64Tensor } from '../evaluate.ts';
import type { ExampleRandom, Op } from '../op.ts';
import { apply, type Value, type ValueType } from '../value.ts';
import { sum } from './sum.ts';

/** How a kernel moves: `padding` is [top, left, bottom, right], each less than the kernel's size. */
export type Convolution = { readonly stride: number; readonly padding: readonly number[] };
/** `size` is height and width of the convolution's input. */
type InputGradientAttributes = Convolution & { readonly size: Shape };
/** `kernel` is height and width of the weight. */
type WeightGradientAttributes = Convolution & { readonly kernel: readonly number[] };

/** The convolution of x [n, I, h, w] with weight [O, I, kh, kw] and bias [O]; the kernel is not flipped. */
export function conv2d(x: Value, weight: Value, bias: Value | undefined, { stride, padding }: Convolution): Value {
  return apply(conv2dOp, bias === undefined ? [x, weight] : [x, weight, bias], { stride, padding });
}

/** The gradient of conv2d by its input: grad [n, O, …], weight [O, I, kh, kw] → [n, I, ...size]. */
export function conv2dInputGradient(grad: Value, weight: Value, { stride, padding }: Convolution, size: Shape): Value {
  return apply(conv2dInputGradientOp, [grad, weight], { stride, padding, size });
}

/** The gradient of conv2d by its weight: x [n, I, h, w], grad [n, O, …] → [O, I, ...kernel]. */
export function conv2dWeightGradient(
  x: Value,
  grad: Value,
  { stride, padding }: Convolution,
  kernel: readonly number[],
): Value {
  return apply(conv2dWeightGradientOp, [x, grad], { stride, padding, kernel });
}

export const conv2dOp: Op<Convolution> = {
  name: 'conv2d',
  infer([x, weight, bias], { stride, padding }) {
    const [n, channels, height, width] = x!.shape;
    const [out, within] = weight!.shape;
    const [kh, kw] = kernelOf(weight!);
    if (x!.shape.length !== 4 || weight!.shape.length !== 4 || !equalDims(channels!, within!)) {
      throw new Error(`conv2d: a weight ${showShape(weight!.shape)} does not take ${showShape(x!.shape)}`);
    }
    if (bias !== undefined && (bias.shape.length !== 1 || !equalDims(bias.shape[0]!, out!))) {
      throw new Error(`conv2d: a bias ${showShape(bias.shape)} does not fit the weight ${showShape(weight!.shape)}`);
    }
    const [top, left, bottom, right] = padding as readonly [number, number, number, number];
    if (Math.max(top, bottom) >= kh || Math.max(left, right) >= kw) {
      throw new Error(`conv2d: padding ${padding.join(', ')} is as large as the kernel ${kh}×${kw}`);
    }
    const steps = (size: Dim, extra: number) => addDims(floorDivideDim(addDims(size, extra), stride), 1);
    return { type: 'f32', shape: [n!, out!, steps(height!, top + bottom - kh), steps(width!, left + right - kw)] };
  },
  gradient({ inputs: [x, weight, bias], attributes, grad, wanted }) {
    return [
      wanted[0] ? conv2dInputGradient(grad, weight!, attributes, x!.shape.slice(2)) : null,
      wanted[1] ? conv2dWeightGradient(x!, grad, attributes, kernelOf(weight!)) : null,
      ...(bias === undefined ? [] : [wanted[2] ? sum(grad, [0, 2, 3]) : null]),
    ];
  },
  reference([x, weight, bias], attributes, shape) {
    const result = zeros(shape);
    const area = shape[2]! * shape[3]!;
    if (bias !== undefined)
      result.data.forEach((_, i) => (result.data[i] = bias.data[Math.floor(i / area) % shape[1]!]!));
    eachRow(x!.shape, weight!.shape, shape, attributes, (inX, inWeight, inResult, count) => {
      const tap = weight!.data[inWeight]!;
      for (let i = 0; i < count; i++) result.data[inResult + i]! += x!.data[inX + i * attributes.stride]! * tap;
    });
    return result;
  },
  onnx(emit, inputs, { inputs: [, weight], attributes: { stride, padding } }) {
    const kernel = kernelOf(weight!);
    return emit.node('Conv', inputs, { kernel_shape: kernel, strides: [stride, stride], pads: padding });
  },
  examples: (random) =>
    cases(random).flatMap(({ x, weight, attributes }) => [
      { inputs: [{ shape: x }, { shape: weight }], attributes },
      { inputs: [{ shape: x }, { shape: weight }, { shape: [weight[0]!] }], attributes },
    ]),
};

export const conv2dInputGradientOp: Op<InputGradientAttributes> = {
  name: 'conv2dInputGradient',
  infer([grad, weight], { size, ...attributes }) {
    const shape = [grad!.shape[0]!, weight!.shape[1]!, ...size];
    expectResult('conv2dInputGradient', { type: 'f32', shape }, weight!, attributes, grad!);
    return { type: 'f32', shape };
  },
  gradient({ inputs: [by, weight], attributes, grad, wanted }) {
    // Linear in both inputs, so its gradients are the other two of the trio.
    return [
      wanted[0] ? conv2d(grad, weight!, undefined, attributes) : null,
      wanted[1] ? conv2dWeightGradient(grad, by!, attributes, kernelOf(weight!)) : null,
    ];
  },
  reference([grad, weight], attributes, shape) {
    const result = zeros(shape);
    eachRow(shape, weight!.shape, grad!.shape, attributes, (inX, inWeight, inGrad, count) => {
      const tap = weight!.data[inWeight]!;
      for (let i = 0; i < count; i++) result.data[inX + i * attributes.stride]! += grad!.data[inGrad + i]! * tap;
    });
    return result;
  },
  onnx(emit, [grad, weight], { inputs, shape, attributes: { stride, padding } }) {
    const kernel = kernelOf(inputs[1]!);
    if (stride === 1) {
      // A convolution with the kernel turned by 180° and in and out exchanged; folded at load where the weight is constant.
      const exchanged = emit.node('Transpose', [weight!], { perm: [1, 0, 2, 3] });
      const past = -(2 ** 31);
      const turned = emit.node('Slice', [
        exchanged,
        ...[
          [-1, -1],
          [past, past],
          [2, 3],
          [-1, -1],
        ].map((values) => emit.ints(values)),
      ]);
      const pads = padding.map((size, side) => kernel[side % 2]! - 1 - size);
      return emit.node('Conv', [grad!, turned], { kernel_shape: kernel, strides: [1, 1], pads });
    }
    // As large as any input that gives this grad's size, then cut to the size there was.
    const whole = emit.node('ConvTranspose', [grad!, weight!], {
      kernel_shape: kernel,
      strides: [stride, stride],
      pads: padding,
      output_padding: [stride - 1, stride - 1],
    });
    return emit.node('Slice', [whole, emit.ints([0, 0]), emit.shape(shape.slice(2)), emit.ints([2, 3])]);
  },
  examples: (random) =>
    cases(random).map(({ x, weight, grad, attributes }) => ({
      inputs: [{ shape: grad }, { shape: weight }],
      attributes: { ...attributes, size: x.slice(2) },
    })),
};

export const conv2dWeightGradientOp: Op<WeightGradientAttributes> = {
  name: 'conv2dWeightGradient',
  infer([x, grad], { kernel, ...attributes }) {
    const shape = [grad!.shape[1]!, x!.shape[1]!, ...kernel];
    expectResult('conv2dWeightGradient', x!, { type: 'f32', shape }, attributes, grad!);
    return { type: 'f32', shape };
  },
  gradient({ inputs: [x, by], attributes, grad, wanted }) {
    return [
      wanted[0] ? conv2dInputGradient(by!, grad, attributes, x!.shape.slice(2)) : null,
      wanted[1] ? conv2d(x!, grad, undefined, attributes) : null,
    ];
  },
  reference([x, grad], attributes, shape) {
    const result = zeros(shape);
    eachRow(x!.shape, shape, grad!.shape, attributes, (inX, inWeight, inGrad, count) => {
      let total = 0;
      for (let i = 0; i < count; i++) total += x!.data[inX + i * attributes.stride]! * grad!.data[inGrad + i]!;
      result.data[inWeight]! += total;
    });
    return result;
  },
  onnx(emit, [x, grad], { inputs, shape, attributes: { stride, padding, kernel } }) {
    // im2col and one matrix product: a convolution with exchanged axes runs at a third of its speed.
    const [kh, kw] = kernel as readonly [number, number];
    const [n, out, height, width] = inputs[1]!.shape as readonly [Dim, Dim, Dim, Dim];
    const within = shape[1]!;
    const depth = multiplyDims(within, kh * kw);
    const [top, left, bottom, right] = padding as readonly [number, number, number, number];
    const padded = padding.some((size) => size > 0)
      ? emit.node('Pad', [x!, emit.ints([0, 0, top, left, 0, 0, bottom, right])])
      : x!;
    const span = (size: Dim, from: number) => addDims(multiplyDims(subtractDims(size, 1), stride), from + 1);
    const columns = Array.from({ length: kh * kw }, (_, i) => {
      const [y, z] = [Math.floor(i / kw), i % kw];
      const ends = emit.shape([span(height, y), span(width, z)]);
      return emit.node('Slice', [padded, emit.ints([y, z]), ends, emit.ints([2, 3]), emit.ints([stride, stride])]);
    });
    const all = columns.length === 1 ? columns[0]! : emit.node('Concat', columns, { axis: 1 });
    const area = multiplyDims(height, width);
    const flat = emit.reshape(all, [n, depth, height, width], [n, depth, area]);
    const flatGrad = emit.reshape(grad!, [n, out, height, width], [n, out, area]);
    const product =
      emit.dialect === 'onnxruntime'
        ? emit.microsoft('FusedMatMul', [flatGrad, flat], { transB: 1 })
        : emit.node('MatMul', [flatGrad, emit.node('Transpose', [flat], { perm: [0, 2, 1] })]);
    const summed = emit.node('ReduceSum', [product, emit.ints([0])], { keepdims: 0 });
    const split = emit.reshape(summed, [out, depth], [out, kh * kw, within]);
    return emit.reshape(emit.node('Transpose', [split], { perm: [0, 2, 1] }), [out, within, kh * kw], shape);
  },
  examples: (random) =>
    cases(random).map(({ x, weight, grad, attributes }) => ({
      inputs: [{ shape: x }, { shape: grad }],
      attributes: { ...attributes, kernel: weight.slice(2) },
    })),
};

/** @throws Error naming `op` when `grad` has not the shape of the convolution's result. */
function expectResult(op: string, x: ValueType, weight: ValueType, attributes: Convolution, grad: ValueType): void {
  const { shape } = conv2dOp.infer([x, weight], attributes);
  if (!equalShapes(shape, grad.shape)) {
    throw new Error(`${op}: the convolution gives ${showShape(shape)}, not ${showShape(grad.shape)}`);
  }
}

/** Height and width of a kernel, known when the graph is built. */
function kernelOf({ shape }: ValueType): readonly [number, number] {
  const [height, width] = shape.slice(2);
  if (typeof height !== 'number' || typeof width !== 'number') throw new Error(`conv2d: no kernel ${showShape(shape)}`);
  return [height, width];
}

const zeros = (shape: readonly number[]): Float64Tensor => ({
  shape,
  data: new Float64Array(shape.reduce((a, b) => a * b, 1)),
});

/**
 * Every product that a convolution sums, a row of results at a time: flat indices in input, weight and result of its first
 * one, and how many follow; from one to the next the input's index grows by the stride and the result's by 1.
 */
function eachRow(
  x: readonly number[],
  weight: readonly number[],
  result: readonly number[],
  { stride, padding }: Convolution,
  visit: (inX: number, inWeight: number, inResult: number, count: number) => void,
): void {
  const [n, within, height, width] = x as readonly [number, number, number, number];
  const [out, , kh, kw] = weight as readonly [number, number, number, number];
  const [, , rows, columns] = result as readonly [number, number, number, number];
  const [top, left] = padding as readonly [number, number];
  for (let b = 0; b < n; b++)
    for (let o = 0; o < out; o++)
      for (let i = 0; i < within; i++)
        for (let y = 0; y < kh; y++)
          for (let z = 0; z < kw; z++) {
            // Columns whose place in the input is within it.
            const first = Math.max(0, Math.ceil((left - z) / stride));
            const end = Math.min(columns, Math.floor((width - 1 + left - z) / stride) + 1);
            if (first >= end) continue;
            for (let row = 0; row < rows; row++) {
              const inRow = row * stride + y - top;
              if (inRow < 0 || inRow >= height) continue;
              visit(
                ((b * within + i) * height + inRow) * width + first * stride + z - left,
                ((o * within + i) * kh + y) * kw + z,
                ((b * out + o) * rows + row) * columns + first,
                end - first,
              );
            }
          }
}

/** Kernels 1×1, 3×3 and 2×3, strides 1 and 2, even and uneven padding, odd and even sizes. */
function cases(random: ExampleRandom) {
  const [n, within, out] = [random.integer(1, 2), random.integer(1, 3), random.integer(1, 3)];
  const [height, width] = [random.integer(3, 6), random.integer(3, 6)];
  return [
    { kernel: [1, 1], stride: 1, padding: [0, 0, 0, 0] },
    { kernel: [3, 3], stride: 1, padding: [1, 1, 1, 1] },
    { kernel: [2, 3], stride: 1, padding: [0, 2, 1, 1] },
    { kernel: [3, 3], stride: 2, padding: [1, 1, 1, 1] },
    { kernel: [3, 3], stride: 2, padding: [0, 0, 1, 1] },
  ].map(({ kernel, stride, padding }) => {
    const [kh, kw] = kernel as [number, number];
    const steps = (size: number, side: number, k: number) =>
      Math.floor((size + padding[side]! + padding[side + 2]! - k) / stride) + 1;
    return {
      x: [n, within, height, width],
      weight: [out, within, kh, kw],
      grad: [n, out, steps(height, 0, kh), steps(width, 1, kw)],
      attributes: { stride, padding },
    };
  });
}
