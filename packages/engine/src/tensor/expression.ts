import type { FloatDType } from './encode.ts';

/**
 * How stored tensors are computed from stored tensors, element by element, with torch's arithmetic: the result of every
 * operation is rounded to its element type before the next. Plain data, so that it can be handed to a thread.
 */
export type Expression =
  /** One of the tensors that are read; 8-bit values count as F16, which holds them exactly. */
  | { readonly op: 'tensor'; readonly operand: number; readonly dtype: FloatDType }
  /** As many zeros as the other tensors have elements. */
  | { readonly op: 'zeros'; readonly dtype: FloatDType }
  | { readonly op: 'scale'; readonly factor: number; readonly of: Expression }
  | { readonly op: 'add' | 'subtract'; readonly left: Expression; readonly right: Expression }
  /** Stored as another type: what is beyond its range becomes its largest value, and is counted. */
  | { readonly op: 'store'; readonly dtype: FloatDType; readonly of: Expression };

/** Element types that there is arithmetic in. */
export type ArithmeticDType = 'F64' | 'F32' | 'F16' | 'BF16';

/** Element type of the values that an expression has. */
export function dtypeOf(expression: Expression): FloatDType {
  switch (expression.op) {
    case 'tensor':
    case 'zeros':
    case 'store':
      return expression.dtype;
    case 'scale':
      return arithmeticDType(dtypeOf(expression.of));
    case 'add':
    case 'subtract':
      return promote(dtypeOf(expression.left), dtypeOf(expression.right));
  }
}

/** The type that values of a stored type are computed in: its own, or F16 for 8 bits, which torch cannot add. */
export function arithmeticDType(dtype: FloatDType): ArithmeticDType {
  return dtype === 'F8_E4M3' || dtype === 'F8_E5M2' ? 'F16' : dtype;
}

/** The type that two types meet in: the wider one, and float32 for the two halves. */
export function promote(left: FloatDType, right: FloatDType): ArithmeticDType {
  const [a, b] = [arithmeticDType(left), arithmeticDType(right)];
  if (a === b) return a;
  return a === 'F64' || b === 'F64' ? 'F64' : 'F32';
}
