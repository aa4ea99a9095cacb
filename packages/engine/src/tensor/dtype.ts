import { DanqingError } from '../errors.ts';

/** Stored element types, named as in the safetensors format. */
export const DTYPES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

export type DType = keyof typeof DTYPES;

/** Bytes of one element. */
export const itemBytes = (dtype: DType): number => DTYPES[dtype];

export const isDType = (text: string): text is DType => Object.hasOwn(DTYPES, text);

/** Value of an IEEE 754 half-precision bit pattern. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Value of an F8_E4M3 (finite-only variant, "fn": no infinities, S.1111.111 is NaN) bit pattern. */
export function e4m3ToNumber(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const exponent = (bits >> 3) & 0xf;
  const fraction = bits & 0x7;
  if (exponent === 0) return sign * fraction * 2 ** -9;
  if (exponent === 15 && fraction === 7) return NaN;
  return sign * (8 + fraction) * 2 ** (exponent - 10);
}

const table = (length: number, at: (bits: number) => number): Float32Array =>
  Float32Array.from({ length }, (_, bits) => at(bits));

const E4M3 = table(256, e4m3ToNumber);
// F8_E5M2 is the upper byte of a half.
const E5M2 = table(256, (bits) => halfToNumber(bits << 8));
let halves: Float32Array | undefined;

/**
 * Reads little-endian stored elements as float32 values (integers and F64 are rounded to float32).
 * @param bytes exactly `count * itemBytes(dtype)` bytes, any alignment.
 */
export function decodeToFloat32(bytes: Uint8Array, dtype: DType): Float32Array<ArrayBuffer> {
  const size = itemBytes(dtype);
  if (bytes.byteLength % size !== 0) {
    throw new DanqingError('bad-shape', {
      where: 'tensor bytes',
      expected: `a multiple of ${size} bytes for ${dtype}`,
      found: `${bytes.byteLength} bytes`,
    });
  }
  const count = bytes.byteLength / size;
  // A copy gives every typed array below the alignment it needs.
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  switch (dtype) {
    case 'F32':
      return new Float32Array(new Float32Array(buffer, byteOffset, count));
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    case 'F16': {
      halves ??= table(65536, halfToNumber);
      const lookup = halves;
      const source = new Uint16Array(buffer, byteOffset, count);
      const result = new Float32Array(count);
      for (let i = 0; i < count; i++) result[i] = lookup[source[i]!]!;
      return result;
    }
    case 'BF16': {
      const source = new Uint16Array(buffer, byteOffset, count);
      const result = new Float32Array(count);
      const asBits = new Uint32Array(result.buffer);
      for (let i = 0; i < count; i++) asBits[i] = source[i]! << 16;
      return result;
    }
    case 'F8_E4M3':
      return Float32Array.from(aligned, (bits) => E4M3[bits]!);
    case 'F8_E5M2':
      return Float32Array.from(aligned, (bits) => E5M2[bits]!);
    case 'I64':
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'U64':
      return Float32Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case 'I32':
      return Float32Array.from(new Int32Array(buffer, byteOffset, count));
    case 'U32':
      return Float32Array.from(new Uint32Array(buffer, byteOffset, count));
    case 'I16':
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case 'U16':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count));
    case 'I8':
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(aligned);
  }
}
