import { e4m3ToNumber } from './dtype.ts';
import type { FloatDType } from './encode.ts';

/** Values that no picture comes out of. */
export interface NonFinite {
  readonly nan: number;
  readonly infinite: number;
}

const NONE: NonFinite = { nan: 0, infinite: 0 };

/** For types of whole 32-bit words: exponent bits, and what carries out of them when all are set, for each value in a word. */
const WORDS = {
  F16: { exponents: 0x7c007c00, ones: 0x04000400, carries: 0x80008000 },
  BF16: { exponents: 0x7f807f80, ones: 0x00800080, carries: 0x80008000 },
  F32: { exponents: 0x7f800000, ones: 0x00800000, carries: 0x80000000 },
  F8_E5M2: { exponents: 0x7c7c7c7c, ones: 0x04040404, carries: 0x80808080 },
} as const;

/**
 * Counts the stored values that are not numbers or infinite. Nearly free where there are none.
 * @param bytes whole elements, aligned for their type.
 */
export function countNonFinite(bytes: Uint8Array, dtype: FloatDType): NonFinite {
  if (dtype === 'F8_E4M3' || dtype === 'F64') return countEach(bytes, dtype);
  const { exponents, ones, carries } = WORDS[dtype];
  // The words that the bytes fill; what is left over at either end is looked at one by one.
  const head = -bytes.byteOffset & 3;
  if (bytes.length < head + 4) return countEach(bytes, dtype);
  // Signed, which V8 adds without looking for an overflow.
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >>> 2);
  let seen = 0;
  let i = 0;
  // Four at a time take half as long.
  for (const last = words.length - 3; i < last; i += 4) {
    seen |= ((words[i]! & exponents) + ones) | ((words[i + 1]! & exponents) + ones);
    seen |= ((words[i + 2]! & exponents) + ones) | ((words[i + 3]! & exponents) + ones);
  }
  for (; i < words.length; i++) seen |= ((words[i]! & exponents) + ones) | 0;
  if ((seen & carries) !== 0) return countEach(bytes, dtype);
  const tail = bytes.subarray(head + words.length * 4);
  return addUp(countEach(bytes.subarray(0, head), dtype), countEach(tail, dtype));
}

/** The sum of two counts. */
export function addUp(a: NonFinite, b: NonFinite): NonFinite {
  return { nan: a.nan + b.nan, infinite: a.infinite + b.infinite };
}

function countEach(bytes: Uint8Array, dtype: FloatDType): NonFinite {
  if (bytes.length === 0) return NONE;
  const { buffer, byteOffset, length } = bytes;
  switch (dtype) {
    case 'F16':
      return countCodes(new Uint16Array(buffer, byteOffset, length >> 1), 0x7fff, 0x7c00);
    case 'BF16':
      return countCodes(new Uint16Array(buffer, byteOffset, length >> 1), 0x7fff, 0x7f80);
    case 'F32':
      return countCodes(new Uint32Array(buffer, byteOffset, length >> 2), 0x7fffffff, 0x7f800000);
    case 'F8_E5M2':
      return countCodes(bytes, 0x7f, 0x7c);
    case 'F8_E4M3':
      return { nan: bytes.reduce((sum, code) => sum + (Number.isNaN(e4m3ToNumber(code)) ? 1 : 0), 0), infinite: 0 };
    case 'F64': {
      let [nan, infinite] = [0, 0];
      for (const value of new Float64Array(buffer, byteOffset, length >> 3)) {
        if (Number.isNaN(value)) nan++;
        else if (!Number.isFinite(value)) infinite++;
      }
      return { nan, infinite };
    }
  }
}

function countCodes(codes: Uint8Array | Uint16Array | Uint32Array, magnitude: number, infinity: number): NonFinite {
  let [nan, infinite] = [0, 0];
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]! & magnitude;
    if (code > infinity) nan++;
    else if (code === infinity) infinite++;
  }
  return { nan, infinite };
}
