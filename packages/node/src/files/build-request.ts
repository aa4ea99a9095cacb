import type { Tally } from '@danqing/engine/tensor/compile-expression';
import type { Container } from '@danqing/engine/weights/file-plan';
import type { MadeTensor } from '@danqing/engine/weights/formula';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import type { FileSource } from './file-source.ts';

/** A model file that is to be written. */
export interface BuildRequest {
  readonly path: string;
  readonly container: Container;
  readonly tensors: readonly MadeTensor[];
  readonly metadata?: ReadonlyMap<string, string>;
  /** What the tensors are made from, open. */
  readonly models: readonly { readonly index: TensorIndex; readonly files: readonly FileSource[] }[];
}

/** A model file that was written. */
export interface BuiltFile {
  readonly sizeBytes: number;
  /** What there is to say about the values of each tensor, by name. */
  readonly tallies: ReadonlyMap<string, Tally>;
}
