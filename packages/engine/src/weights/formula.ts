import type { Expression } from '../tensor/expression.ts';
import type { SavedTensor } from './file-plan.ts';
import type { TensorEntry } from './tensor-index.ts';

/** How the bytes of a tensor that is saved come about. Plain data, so that it can be handed to a thread. */
export type Formula =
  /** The bytes of a stored tensor as they are. */
  | { readonly from: 'tensor'; readonly entry: TensorEntry }
  | { readonly from: 'bytes'; readonly bytes: Uint8Array }
  /** Computed from stored tensors, element by element. */
  | {
      readonly from: 'expression';
      readonly expression: Expression;
      readonly operands: readonly TensorEntry[];
      /** Absent: all elements are computed. */
      readonly rows?: PartialRows;
    };

/**
 * Operand 0 is wider than the others: of each of its rows only the first elements are computed, the rest stays. So are
 * the 9 input channels of an inpainting model merged with the 4 of another model.
 */
export interface PartialRows {
  readonly count: number;
  /** Elements of a row of operand 0 and of the result. */
  readonly wide: number;
  /** Elements of a row of the other operands. */
  readonly narrow: number;
}

/** A tensor that is to be saved, and how it is made. */
export interface MadeTensor extends SavedTensor {
  readonly formula: Formula;
}

/** A stretch of a tensor that is made at a time, in bytes of the result. */
export interface Piece {
  readonly start: number;
  readonly length: number;
}

/** A stretch of a stored tensor. */
export interface Stretch extends Piece {
  readonly entry: TensorEntry;
}
