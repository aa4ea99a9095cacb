import type { MadeTensor } from '../formula.ts';

/** CLIP's numbers of positions as they should be: 0, 1, 2 … as 64-bit whole numbers. */
export function positionIds({ name, shape }: MadeTensor): MadeTensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const ids = BigInt64Array.from({ length: count }, (_, i) => BigInt(i));
  return { name, dtype: 'I64', shape, formula: { from: 'bytes', bytes: new Uint8Array(ids.buffer) } };
}
