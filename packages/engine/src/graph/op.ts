import type { Dim, Shape } from './dim.ts';
import type { Float64Tensor } from './evaluate.ts';
import type { OnnxEmitter } from './onnx-emitter.ts';
import type { ElementType, Value, ValueType } from './value.ts';

/** Fixed settings of an op in a graph. */
export type Attributes = Readonly<Record<string, number | string | boolean | readonly Dim[] | undefined>>;

/** What a gradient rule is given; `grad` has the shape of `output`. */
export interface GradientArguments<A extends Attributes> {
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly output: Value;
  readonly grad: Value;
  /** Which inputs lie on a path to a wanted value; a rule may return null for the others. */
  readonly wanted: readonly boolean[];
}

/** A seeded case for the loop that proves every op, small enough for finite differences. */
export interface OpExample<A extends Attributes> {
  /** Values are drawn between `from` and `to`, (-2, 2) when absent; of i64 inputs both ends are drawn too. */
  readonly inputs: readonly {
    readonly shape: Shape;
    readonly type?: ElementType;
    readonly from?: number;
    readonly to?: number;
  }[];
  readonly attributes: A;
  /** Sizes of the symbols in shapes and attributes. The loop puts symbols into static examples by itself where it can. */
  readonly sizes?: Readonly<Record<string, number>>;
}

/** Uniform random numbers for examples. */
export interface ExampleRandom {
  /** An integer in [from, to]. */
  integer(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
}

/**
 * One operation of the graph language, whole: shape rule, gradient, plain reference and ONNX form. One loop
 * (ops.test.ts) proves them against one another for random examples.
 */
export interface Op<A extends Attributes> {
  readonly name: string;
  /** Type of the result. @throws Error naming the op when the inputs do not fit. */
  infer(inputs: readonly ValueType[], attributes: A): ValueType;
  /** Gradient by each input, null where there is none (integers) or it is not wanted; undefined op = not differentiable. */
  readonly gradient?: (args: GradientArguments<A>) => readonly (Value | null)[];
  /** Plain float64 statement of what the op computes; `shape` is the result's. */
  reference(inputs: readonly Float64Tensor[], attributes: A, shape: readonly number[]): Float64Tensor;
  /** Writes the op as ONNX nodes and returns the name of the result. */
  onnx(
    emit: OnnxEmitter,
    inputs: readonly string[],
    value: { readonly inputs: readonly Value[]; readonly attributes: A } & ValueType,
  ): string;
  examples(random: ExampleRandom): readonly OpExample<A>[];
}
