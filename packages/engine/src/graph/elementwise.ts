import { broadcastShapes, broadcastTo } from './broadcast.ts';
import type { OnnxEmitter } from './onnx-emitter.ts';
import type { Attributes, GradientArguments, Op } from './op.ts';
import type { Value } from './value.ts';

/** Attributes of an op that has none. */
export type None = Record<string, never>;

/** What is particular to an op that treats each element by itself. */
interface Unary<A extends Attributes> {
  readonly name: string;
  /** The op on one number. */
  compute(x: number, attributes: A): number;
  /** Gradient by the input. */
  gradient(args: GradientArguments<A> & { readonly x: Value }): Value | null;
  /** Name of an ONNX operator that is the op, or the nodes to write. */
  readonly onnx: string | ((emit: OnnxEmitter, x: string, attributes: A) => string);
  /** Range of the inputs of examples, (-2, 2) when absent. */
  readonly range?: readonly [from: number, to: number];
  /** Attributes of examples, none when absent. */
  readonly attributes?: readonly A[];
}

/** An op of one input that treats each element by itself. */
export function unary<A extends Attributes = None>({
  name,
  compute,
  gradient,
  onnx,
  range = [-2, 2],
  attributes,
}: Unary<A>): Op<A> {
  return {
    name,
    infer: ([x]) => ({ type: x!.type, shape: x!.shape }),
    gradient: (args) => [gradient({ ...args, x: args.inputs[0]! })],
    reference: ([x], settings, shape) => ({ shape, data: x!.data.map((value) => compute(value, settings)) }),
    onnx: (emit, [x], value) => (typeof onnx === 'string' ? emit.node(onnx, [x!]) : onnx(emit, x!, value.attributes)),
    examples: (random) =>
      (attributes ?? [{} as A]).map((settings) => ({
        inputs: [{ shape: [random.integer(1, 3), random.integer(2, 5)], from: range[0], to: range[1] }],
        attributes: settings,
      })),
  };
}

/** What is particular to an op that combines two tensors element by element. */
interface Binary {
  readonly name: string;
  compute(x: number, y: number): number;
  /** Gradients by both inputs, before broadcasting is undone. */
  readonly gradient: NonNullable<Op<None>['gradient']>;
  /** Name of the ONNX operator that is the op. */
  readonly onnx: string;
  /** Range of the second input of examples, (-2, 2) when absent. */
  readonly range?: readonly [from: number, to: number];
}

/** An op of two inputs that are broadcast to one shape and combined element by element. */
export function binary({ name, compute, gradient, onnx, range: [from, to] = [-2, 2] }: Binary): Op<None> {
  return {
    name,
    infer: ([a, b]) => ({ type: a!.type, shape: broadcastShapes(name, a!.shape, b!.shape) }),
    gradient,
    reference([a, b], _, shape) {
      const [x, y] = [broadcastTo(a!, shape).data, broadcastTo(b!, shape).data];
      return { shape, data: x.map((value, i) => compute(value, y[i]!)) };
    },
    onnx: (emit, inputs) => emit.node(onnx, inputs),
    examples: (random) => {
      const [n, c] = [random.integer(1, 3), random.integer(2, 4)];
      return [
        { inputs: [{ shape: [n, c] }, { shape: [n, c], from, to }], attributes: {} },
        { inputs: [{ shape: [n, c, 2] }, { shape: [c, 1], from, to }], attributes: {} },
        { inputs: [{ shape: [] }, { shape: [n, c], from, to }], attributes: {} },
      ];
    },
  };
}
