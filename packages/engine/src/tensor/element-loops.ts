import { HALF_DROPPED_BITS, halfCodes } from './code-values.ts';
import type { Codes } from './encode.ts';

// The loops that arithmetic on tensors spends its time in. All that they touch comes as an argument: what a closure holds is
// looked up again for every element.

type Floats = Float32Array | Float64Array;

export function scaleInto(out: Floats, values: Floats, factor: number, count: number): void {
  for (let i = 0; i < count; i++) out[i] = values[i]! * factor;
}

export function addInto(out: Floats, left: Floats, right: Floats, sign: number, count: number): void {
  for (let i = 0; i < count; i++) out[i] = left[i]! + sign * right[i]!;
}

/** `a` and `b` hold the values of the codes `x` and `y`. */
export function addCoded(out: Float32Array, a: Float32Array, x: Codes, b: Float32Array, y: Codes, count: number): void {
  for (let i = 0; i < count; i++) out[i] = a[x[i]!]! + b[y[i]!]!;
}

export function lookUp(out: Floats | Codes, values: Floats | Codes, codes: Codes, count: number): void {
  for (let i = 0; i < count; i++) out[i] = values[codes[i]!]!;
}

/** The sum of what stands for each code. */
export function countUp(values: Uint8Array, codes: Codes, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[codes[i]!]!;
  return sum;
}

/** F16 codes of float32 patterns that are sums of halves (see `halfCodes`). */
export function roundToHalves(patterns: Uint32Array, out: Uint16Array, count: number): void {
  const codes = halfCodes();
  const half = (1 << (HALF_DROPPED_BITS - 1)) - 1;
  for (let i = 0; i < count; i++) {
    const pattern = patterns[i]!;
    out[i] = codes[(pattern + half + ((pattern >>> HALF_DROPPED_BITS) & 1)) >>> HALF_DROPPED_BITS]!;
  }
}

/** BF16 codes of float32 patterns: their upper halves. NaN comes from tables here and has no bits below that could carry. */
export function roundToBrainFloats(patterns: Uint32Array, out: Uint16Array, count: number): void {
  for (let i = 0; i < count; i++) {
    const pattern = patterns[i]!;
    out[i] = (pattern + 0x7fff + ((pattern >>> 16) & 1)) >>> 16;
  }
}
