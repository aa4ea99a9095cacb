import { decodeToFloat32 } from './dtype.ts';
import { type Codes, encodeInto, makeCodes, type NarrowDType } from './encode.ts';

const known = new Map<NarrowDType, Float32Array<ArrayBuffer>>();

/** The value of every code of a narrow type: 65,536 or 256 numbers. */
export function codeValues(dtype: NarrowDType): Float32Array<ArrayBuffer> {
  let values = known.get(dtype);
  if (values === undefined) {
    values = decodeToFloat32(new Uint8Array(allCodes(dtype).buffer), dtype);
    known.set(dtype, values);
  }
  return values;
}

function allCodes(dtype: NarrowDType): Codes {
  const codes = makeCodes(dtype, makeCodes(dtype, 0).BYTES_PER_ELEMENT === 1 ? 1 << 8 : 1 << 16);
  codes.forEach((_, i) => (codes[i] = i));
  return codes;
}

/** Bits of a float32 that a half has no room for. */
export const HALF_DROPPED_BITS = 13;
let halves: Uint16Array<ArrayBuffer> | undefined;

/**
 * The F16 code of a float32 that was rounded to 10 fraction bits, by its pattern shifted right by 13. Beyond the range
 * stands infinity, as in torch. Good for sums of halves: below the smallest normal half these are exact, so that the
 * rounding, which there has to be coarser, has nothing to do.
 */
export function halfCodes(): Uint16Array<ArrayBuffer> {
  if (halves === undefined) {
    const patterns = Uint32Array.from({ length: 1 << (32 - HALF_DROPPED_BITS) }, (_, i) => i << HALF_DROPPED_BITS);
    halves = new Uint16Array(patterns.length);
    encodeInto(new Float32Array(patterns.buffer), 'F16', halves, 'infinity');
  }
  return halves;
}
