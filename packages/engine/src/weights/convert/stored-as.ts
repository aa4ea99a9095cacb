import { type FloatDType, isFloatDType } from '../../tensor/encode.ts';
import type { MadeTensor } from '../formula.ts';
import { isPositionIds } from '../keys/position-ids.ts';
import type { TensorEntry } from '../tensor-index.ts';

/** A stored tensor under a name: as `dtype` where both are float types and the tensor is no list of positions, else as it is. */
export function storedAs(name: string, entry: TensorEntry, dtype: FloatDType | undefined): MadeTensor {
  const { shape } = entry;
  const from = entry.dtype;
  // Numbers of positions are whole; a narrow type would change them.
  if (dtype === undefined || dtype === from || !isFloatDType(from) || isPositionIds(name)) {
    return { name, dtype: from, shape, formula: { from: 'tensor', entry } };
  }
  const expression = { op: 'store', dtype, of: { op: 'tensor', operand: 0, dtype: from } } as const;
  return { name, dtype, shape, formula: { from: 'expression', expression, operands: [entry] } };
}
