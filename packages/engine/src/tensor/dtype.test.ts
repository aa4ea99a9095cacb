import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/dtypes.json' with { type: 'json' };
import { decodeToFloat32, type DType, DTYPES, isDType, itemBytes } from './dtype.ts';

const DECODED = new Set('F64 F32 F16 BF16 F8_E4M3 F8_E5M2 I64 I32 I16 I8 U64 U32 U16 U8 BOOL'.split(' '));

/** All values of a type as float32 patterns with one NaN. */
function patternsOf(dtype: DType): Uint32Array {
  const wide = itemBytes(dtype) === 2;
  const codes = wide ? Uint16Array.from({ length: 65536 }, (_, i) => i) : Uint8Array.from({ length: 256 }, (_, i) => i);
  const values = decodeToFloat32(new Uint8Array(codes.buffer), dtype);
  const patterns = new Uint32Array(values.buffer);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) patterns[i] = 0x7fc00000;
  });
  return patterns;
}

const zeros = (dtype: DType) => decodeToFloat32(new Uint8Array(DTYPES[dtype].bytes), dtype);

describe('decodeToFloat32', () => {
  it.each(['F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const)('reads every pattern of %s as torch does', (dtype) => {
    expect(createHash('sha256').update(patternsOf(dtype)).digest('hex')).toBe(fixture.decoded[dtype]);
  });

  it('reads integers and F64 at any alignment', () => {
    const i64 = new Uint8Array(17);
    new DataView(i64.buffer).setBigInt64(1, -5n, true);
    new DataView(i64.buffer).setBigInt64(9, 77n, true);
    expect([...decodeToFloat32(i64.subarray(1), 'I64')]).toEqual([-5, 77]);
    const f64 = new Uint8Array(9);
    new DataView(f64.buffer).setFloat64(1, 0.5, true);
    expect([...decodeToFloat32(f64.subarray(1), 'F64')]).toEqual([0.5]);
    expect([...decodeToFloat32(Uint8Array.of(255, 1), 'I8')]).toEqual([-1, 1]);
    expect([...decodeToFloat32(Uint8Array.of(255, 255), 'I16')]).toEqual([-1]);
    expect([...decodeToFloat32(Uint8Array.of(255, 255), 'U16')]).toEqual([65535]);
    expect([...decodeToFloat32(Uint8Array.of(255, 255, 255, 255), 'I32')]).toEqual([-1]);
    expect([...decodeToFloat32(Uint8Array.of(255, 255, 255, 255), 'U32')]).toEqual([2 ** 32]);
    expect([...decodeToFloat32(new Uint8Array(8).fill(255), 'U64')]).toEqual([2 ** 64]);
    expect([...decodeToFloat32(Uint8Array.of(0, 1, 255), 'U8')]).toEqual([0, 1, 255]);
  });

  it('refuses half an element', () => {
    expect(() => decodeToFloat32(new Uint8Array(3), 'F16')).toThrow('a multiple of 2 bytes for F16');
  });

  const names = Object.keys(DTYPES).filter(isDType);

  it.each(names.filter((name) => DECODED.has(name)))('reads a zero of %s', (dtype) => {
    expect(zeros(dtype)).toEqual(new Float32Array(1));
  });

  it.each(names.filter((name) => !DECODED.has(name)))('refuses %s by name', (dtype) => {
    expect(() => zeros(dtype)).toThrow(`found ${dtype}.`);
  });
});
