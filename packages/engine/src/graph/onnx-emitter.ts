import type { Dim, Shape } from './dim.ts';
import type { ElementType, Value } from './value.ts';

/** Which ONNX operators a runtime understands: only the standard's, or also ONNX Runtime's own. */
export type OnnxDialect = 'standard' | 'onnxruntime';

/** An attribute of an ONNX node. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly type: ElementType };

/** What an op's ONNX form may do: add nodes and small tensors, all named by the emitter. */
export interface OnnxEmitter {
  readonly dialect: OnnxDialect;
  /** Adds a node with one result (integers are INT attributes, `{ float }` is FLOAT) and returns the result's name. */
  node(type: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>): string;
  /** The same for an operator of ONNX Runtime's own domain. */
  microsoft(type: string, inputs: readonly string[], attributes?: Readonly<Record<string, OnnxAttribute>>): string;
  /** A float32 tensor held in the model; a scalar by default. */
  floats(values: readonly number[] | Float64Array, shape?: readonly number[]): string;
  /** A one-dimensional int64 tensor held in the model. */
  ints(values: readonly number[]): string;
  /** A shape as an int64 tensor; symbolic dimensions are computed when the model runs. */
  shape(shape: Shape): string;
  /** One dimension as an int64 tensor of one element. */
  dim(dim: Dim): string;
  /** Reshapes `name` of shape `from` to `to`, with as little computed at run time as possible. */
  reshape(name: string, from: Shape, to: Shape): string;
  /** Tells the runtime the shape of an f32 result within an op, so that it can reuse its memory; returns `name`. */
  shaped(name: string, shape: Shape): string;
  /** Writes a value made of other ops, its inputs named like results that are already written, and returns its name. */
  write(value: Value): string;
}
