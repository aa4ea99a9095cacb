import { compileExpression, type Evaluator, type Tally } from '../tensor/compile-expression.ts';
import { countNonFinite } from '../tensor/count-non-finite.ts';
import { type DType, itemBytes } from '../tensor/dtype.ts';
import { type FloatDType, isFloatDType } from '../tensor/encode.ts';
import type { Expression } from '../tensor/expression.ts';
import type { MadeTensor, PartialRows, Piece, Stretch } from './formula.ts';
import { storedLength } from './stored-length.ts';
import type { TensorEntry } from './tensor-index.ts';

/** Cuts a tensor into pieces of about `pieceBytes` that can be made in any order; none for an empty tensor. */
export function cutIntoPieces({ name, dtype, shape, formula }: MadeTensor, pieceBytes: number): Piece[] {
  const length = storedLength(name, dtype, shape);
  if (length === 0) return [];
  if (formula.from === 'expression' && formula.rows !== undefined) return [{ start: 0, length }];
  // A multiple of 48 bytes holds whole elements of every type and begins where every type is aligned.
  const step = Math.max(48, pieceBytes - (pieceBytes % 48));
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => ({
    start: i * step,
    length: Math.min(step, length - i * step),
  }));
}

/** The stretches of stored tensors that a piece is made from. */
export function sourcesOf({ dtype, formula }: MadeTensor, { start, length }: Piece): Stretch[] {
  switch (formula.from) {
    case 'tensor':
      return [{ entry: formula.entry, start, length }];
    case 'bytes':
      return [];
    case 'expression': {
      if (formula.rows !== undefined)
        return formula.operands.map((entry) => ({ entry, start: 0, length: entry.length }));
      const elements = (bytes: number): number => bytes / itemBytes(dtype);
      return formula.operands.map((entry) => ({
        entry,
        start: elements(start) * itemBytes(entry.dtype),
        length: elements(length) * itemBytes(entry.dtype),
      }));
    }
  }
}

/** Makes pieces of tensors; keeps what it has worked out for the formulas so far, which few tensors do not share. */
export class PieceMaker {
  readonly #evaluators = new Map<string, Evaluator>();

  /**
   * Makes one piece.
   * @param sources the bytes of `sourcesOf`, in that order.
   * @param out where the bytes go, as many as the piece has.
   * @returns what there is to say about the values.
   */
  make({ dtype, formula }: MadeTensor, piece: Piece, sources: readonly Uint8Array[], out: Uint8Array): Tally {
    switch (formula.from) {
      case 'tensor':
        // It may have been read to where it is wanted.
        if (sources[0] !== out) out.set(sources[0]!);
        return tallyOf(out, dtype);
      case 'bytes':
        out.set(formula.bytes.subarray(piece.start, piece.start + piece.length));
        return tallyOf(out, dtype);
      case 'expression': {
        const evaluator = this.#evaluatorOf(formula.expression);
        if (formula.rows === undefined) return evaluator.run(sources, out);
        const whole = this.#evaluatorOf(asStored(formula.operands[0]!, evaluator.dtype));
        return makeRows(evaluator, whole, formula.rows, sources, out);
      }
    }
  }

  #evaluatorOf(expression: Expression): Evaluator {
    const key = JSON.stringify(expression);
    const evaluator = this.#evaluators.get(key) ?? compileExpression(expression);
    this.#evaluators.set(key, evaluator);
    return evaluator;
  }
}

function tallyOf(bytes: Uint8Array, dtype: DType): Tally {
  return { saturated: 0, ...(isFloatDType(dtype) ? countNonFinite(bytes, dtype) : { nan: 0, infinite: 0 }) };
}

/** A stored tensor as another type, every value rounded to nearest. */
function asStored({ dtype }: TensorEntry, as: FloatDType): Expression {
  return { op: 'store', dtype: as, of: { op: 'tensor', operand: 0, dtype: dtype as FloatDType } };
}

/** Operand 0 as it is, and over the first elements of each row what is computed of them. */
function makeRows(
  evaluator: Evaluator,
  whole: Evaluator,
  { count, wide, narrow }: PartialRows,
  [first, ...others]: readonly Uint8Array[],
  out: Uint8Array,
): Tally {
  const all = whole.run([first!], out);
  const taken = takeColumns(first!, first!.length / count, narrow / wide);
  const size = out.length / count;
  const made = new Uint8Array((out.length * narrow) / wide);
  const { saturated } = evaluator.run([taken, ...others], made);
  const part = made.length / count;
  for (let i = 0; i < count; i++) out.set(made.subarray(i * part, (i + 1) * part), i * size);
  return { ...tallyOf(out, evaluator.dtype), saturated: saturated + all.saturated };
}

/** The beginning of each row, one after the other. */
function takeColumns(bytes: Uint8Array, rowBytes: number, share: number): Uint8Array {
  const part = rowBytes * share;
  const taken = new Uint8Array(bytes.length * share);
  for (let i = 0; i < bytes.length / rowBytes; i++) {
    taken.set(bytes.subarray(i * rowBytes, i * rowBytes + part), i * part);
  }
  return taken;
}
