import { expect, it } from 'vitest';
import { countNonFinite } from './count-non-finite.ts';
import { encodeFloat32, type FloatDType } from './encode.ts';

it.each(['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const)(
  'finds single values wherever they are: %s',
  (dtype: FloatDType) => {
    const size = encodeFloat32(new Float32Array(1), dtype).bytes.length;
    for (let length = 1; length <= 19; length++) {
      for (let at = 0; at < length; at++) {
        for (const value of [NaN, Infinity, -Infinity]) {
          const values = new Float32Array(length).fill(-1.75);
          values[at] = value;
          const { bytes } = encodeFloat32(values, dtype);
          // Behind one other element, so that the bytes begin at an odd place.
          const all = new Uint8Array(size + bytes.length);
          all.set(bytes, size);
          const expected = Number.isNaN(value)
            ? { nan: 1, infinite: 0 }
            : { nan: 0, infinite: dtype === 'F8_E4M3' ? 0 : 1 };
          expect([length, at, countNonFinite(all.subarray(size), dtype)]).toEqual([length, at, expected]);
        }
      }
    }
    expect(countNonFinite(encodeFloat32(Float32Array.of(448, -448, 0, -0), dtype).bytes, dtype)).toEqual({
      nan: 0,
      infinite: 0,
    });
  },
);
