import { DanqingError } from '../errors.ts';
import type { DType } from './dtype.ts';

/** Stored elements made from float32 values. */
export interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many finite or infinite values were too large for the type and became its largest finite value. */
  readonly saturated: number;
}

/** Element types that float32 values can be stored as. */
export type FloatDType = Extract<DType, 'F64' | 'F32' | 'F16' | 'BF16' | 'F8_E4M3' | 'F8_E5M2'>;

/** Those that are narrower than float32: every value has a code of one or two bytes. */
export type NarrowDType = Exclude<FloatDType, 'F64' | 'F32'>;

export const FLOAT_DTYPES: readonly FloatDType[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];

export const isFloatDType = (dtype: DType): dtype is FloatDType => FLOAT_DTYPES.some((each) => each === dtype);

/** One code per value: two bytes each for F16 and BF16, one for the 8-bit types. */
export type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** A sign bit, an exponent and a fraction that together are narrower than float32. */
interface NarrowFloat {
  readonly fractionBits: number;
  readonly bias: number;
  /** Code of the largest finite value, without sign. */
  readonly largest: number;
  readonly infinity: number | undefined;
  readonly nan: number;
  readonly sign: number;
}

const NARROW: Readonly<Record<NarrowDType, NarrowFloat>> = {
  F16: { fractionBits: 10, bias: 15, largest: 0x7bff, infinity: 0x7c00, nan: 0x7e00, sign: 0x8000 },
  BF16: { fractionBits: 7, bias: 127, largest: 0x7f7f, infinity: 0x7f80, nan: 0x7fc0, sign: 0x8000 },
  F8_E4M3: { fractionBits: 3, bias: 7, largest: 0x7e, infinity: undefined, nan: 0x7f, sign: 0x80 },
  F8_E5M2: { fractionBits: 2, bias: 15, largest: 0x7b, infinity: 0x7c, nan: 0x7e, sign: 0x80 },
};

/**
 * Stores float32 values as little-endian elements, rounded to nearest, ties to even. A value beyond the type's range
 * becomes the largest finite value and is counted; an infinity stays one where the type has it; NaN stays NaN.
 * @throws unsupported for a type that is no float type of `FloatDType`.
 */
export function encodeFloat32(values: Float32Array, dtype: DType): Encoded {
  switch (dtype) {
    case 'F64':
      return { bytes: new Uint8Array(Float64Array.from(values).buffer), saturated: 0 };
    case 'F32':
      return { bytes: new Uint8Array(new Float32Array(values).buffer), saturated: 0 };
    case 'F16':
    case 'BF16':
    case 'F8_E4M3':
    case 'F8_E5M2': {
      const codes = makeCodes(dtype, values.length);
      const saturated = encodeInto(values, dtype, codes);
      return { bytes: new Uint8Array(codes.buffer), saturated };
    }
    default:
      throw new DanqingError('unsupported', {
        where: 'conversion of tensor values',
        expected: `one of F64, F32, ${Object.keys(NARROW).join(', ')}`,
        found: dtype,
      });
  }
}

/** Room for `length` codes of a type. */
export function makeCodes(dtype: NarrowDType, length: number): Codes {
  return NARROW[dtype].sign === 0x80 ? new Uint8Array(length) : new Uint16Array(length);
}

/**
 * As `encodeFloat32`, into codes that there are already.
 * @param overflow what a value beyond the range becomes: the largest finite value, or (as in torch's arithmetic) infinity.
 * @returns how many values were beyond the range.
 */
export function encodeInto(
  values: Float32Array,
  dtype: NarrowDType,
  codes: Codes,
  overflow: 'saturate' | 'infinity' = 'saturate',
): number {
  const { fractionBits, bias, largest, infinity, nan, sign } = NARROW[dtype];
  const beyond = overflow === 'saturate' ? largest : (infinity ?? nan);
  const patterns = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const shift = 23 - fractionBits;
  const half = (1 << (shift - 1)) - 1;
  const rebias = (127 - bias) << 23;
  let saturated = 0;
  for (let i = 0; i < patterns.length; i++) {
    const pattern = patterns[i]!;
    const magnitude = pattern & 0x7fffffff;
    let code: number;
    if (magnitude >= 0x7f800000) {
      if (magnitude > 0x7f800000) code = nan;
      else if (infinity !== undefined) code = infinity;
      else {
        code = beyond;
        saturated++;
      }
    } else if (magnitude >= rebias + 0x800000 || rebias === 0) {
      const rebased = magnitude - rebias;
      // A carry out of the fraction raises the exponent, which is just what rounding up means.
      code = (rebased + half + ((rebased >>> shift) & 1)) >>> shift;
      if (code > largest) {
        code = beyond;
        saturated++;
      }
    } else {
      // Below the smallest normal value: the significand with its leading one, shifted to units of the subnormals.
      const drop = shift + 1 + (rebias >>> 23) - (magnitude >>> 23);
      const significand = (magnitude & 0x7fffff) | 0x800000;
      code = drop > 24 ? 0 : (significand + (1 << (drop - 1)) - 1 + ((significand >>> drop) & 1)) >>> drop;
    }
    codes[i] = pattern > 0x7fffffff ? code | sign : code;
  }
  return saturated;
}
