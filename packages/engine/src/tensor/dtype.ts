import { DanqingError } from '../errors.ts';

/** How an element type is stored: `elements` of them fill `bytes`. */
export interface Storage {
  readonly elements: number;
  readonly bytes: number;
}

const each = (bytes: number): Storage => ({ elements: 1, bytes });

/** Element types of the safetensors format, by their name there. */
export const SAFETENSORS_DTYPES = {
  BOOL: each(1),
  F4: { elements: 2, bytes: 1 },
  F6_E2M3: { elements: 4, bytes: 3 },
  F6_E3M2: { elements: 4, bytes: 3 },
  U8: each(1),
  I8: each(1),
  F8_E5M2: each(1),
  F8_E4M3: each(1),
  F8_E8M0: each(1),
  F8_E4M3FNUZ: each(1),
  F8_E5M2FNUZ: each(1),
  I16: each(2),
  U16: each(2),
  F16: each(2),
  BF16: each(2),
  I32: each(4),
  U32: each(4),
  F32: each(4),
  C64: each(8),
  F64: each(8),
  I64: each(8),
  U64: each(8),
} as const satisfies Record<string, Storage>;

/** Element types that only torch files hold. */
const TORCH_DTYPES = {
  C32: each(4),
  C128: each(16),
} as const satisfies Record<string, Storage>;

/** Block-quantised element types of ggml, by their name there. */
export const GGML_DTYPES = {
  Q4_0: { elements: 32, bytes: 18 },
  Q4_1: { elements: 32, bytes: 20 },
  Q5_0: { elements: 32, bytes: 22 },
  Q5_1: { elements: 32, bytes: 24 },
  Q8_0: { elements: 32, bytes: 34 },
  Q8_1: { elements: 32, bytes: 40 },
  Q2_K: { elements: 256, bytes: 84 },
  Q3_K: { elements: 256, bytes: 110 },
  Q4_K: { elements: 256, bytes: 144 },
  Q5_K: { elements: 256, bytes: 176 },
  Q6_K: { elements: 256, bytes: 210 },
  Q8_K: { elements: 256, bytes: 292 },
  IQ2_XXS: { elements: 256, bytes: 66 },
  IQ2_XS: { elements: 256, bytes: 74 },
  IQ3_XXS: { elements: 256, bytes: 98 },
  IQ1_S: { elements: 256, bytes: 50 },
  IQ4_NL: { elements: 32, bytes: 18 },
  IQ3_S: { elements: 256, bytes: 110 },
  IQ2_S: { elements: 256, bytes: 82 },
  IQ4_XS: { elements: 256, bytes: 136 },
  IQ1_M: { elements: 256, bytes: 56 },
  TQ1_0: { elements: 256, bytes: 54 },
  TQ2_0: { elements: 256, bytes: 66 },
  MXFP4: { elements: 32, bytes: 17 },
  NVFP4: { elements: 64, bytes: 36 },
  Q1_0: { elements: 128, bytes: 18 },
} as const satisfies Record<string, Storage>;

/** Every element type that a weight file can name, whether or not it can be decoded here. */
export const DTYPES = { ...SAFETENSORS_DTYPES, ...TORCH_DTYPES, ...GGML_DTYPES } as const;

export type DType = keyof typeof DTYPES;
export type SafetensorsDType = keyof typeof SAFETENSORS_DTYPES;

/** Bytes of one element; a fraction where several share bytes (0.5 for F4). */
export const itemBytes = (dtype: DType): number => DTYPES[dtype].bytes / DTYPES[dtype].elements;

export const isDType = (text: string): text is DType => Object.hasOwn(DTYPES, text);

export const isSafetensorsDType = (text: string): text is SafetensorsDType => Object.hasOwn(SAFETENSORS_DTYPES, text);

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
 * @throws bad-shape when the bytes are no whole number of elements; unsupported for a type that is only known by name.
 */
export function decodeToFloat32(bytes: Uint8Array, dtype: DType): Float32Array<ArrayBuffer> {
  const size = DTYPES[dtype].bytes;
  if (bytes.byteLength % size !== 0) {
    throw new DanqingError('bad-shape', {
      where: 'tensor bytes',
      expected: `a multiple of ${size} bytes for ${dtype}`,
      found: `${bytes.byteLength} bytes`,
    });
  }
  const count = bytes.byteLength / size;
  // A copy gives every typed array below the alignment it needs. (`slice` would not copy a Node Buffer.)
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
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
    default:
      throw new DanqingError('unsupported', {
        where: 'tensor bytes',
        expected: 'an element type that this version can read: F64, F32, F16, BF16, F8_E4M3, F8_E5M2 or integers',
        found: dtype,
        advice: 'Convert the file with the program that made it, or get the model in F16.',
      });
  }
}
