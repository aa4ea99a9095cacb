import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/dtypes.json' with { type: 'json' };
import { decodeToFloat32, itemBytes } from './dtype.ts';
import { encodeFloat32, type FloatDType } from './encode.ts';

const COUNT = 1 << 20;
const everywhere = Uint32Array.from({ length: COUNT }, (_, i) => Math.imul(i, 2654435761));
const nearOne = Uint32Array.from(everywhere, (bits, i) => (bits & 0x80ffffff) | (((i % 32) + 107) << 23));
const sets: Record<keyof typeof fixture.encoded, Uint32Array<ArrayBuffer>> = { everywhere, 'near one': nearOne };

describe('encodeFloat32', () => {
  for (const label of ['everywhere', 'near one'] as const) {
    it.each(['F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const)(`rounds floats ${label} to %s as torch does`, (dtype) => {
      const values = new Float32Array(sets[label].buffer);
      const { bytes, saturated } = encodeFloat32(values, dtype);
      const size = itemBytes(dtype);
      values.forEach((value, i) => {
        if (Number.isNaN(value)) bytes.fill(0xff, i * size, (i + 1) * size);
      });
      expect(saturated).toBe(fixture.encoded[label][dtype].saturated);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(fixture.encoded[label][dtype].sha256);
    });
  }

  it.each(['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'] as const)(
    'keeps what %s can hold',
    (dtype: FloatDType) => {
      const values = Float32Array.of(0, -0, 1, -1.5, 0.25, 2 ** -9, 448);
      expect([...decodeToFloat32(encodeFloat32(values, dtype).bytes, dtype)]).toEqual([...values]);
    },
  );

  it('keeps NaN and infinity where the type has them', () => {
    const values = Float32Array.of(NaN, -NaN, Infinity, -Infinity);
    for (const dtype of ['F16', 'BF16', 'F8_E5M2'] as const) {
      const { bytes, saturated } = encodeFloat32(values, dtype);
      expect([...decodeToFloat32(bytes, dtype)]).toEqual([NaN, NaN, Infinity, -Infinity]);
      expect(saturated).toBe(0);
    }
    const e4m3 = encodeFloat32(values, 'F8_E4M3');
    expect([...decodeToFloat32(e4m3.bytes, 'F8_E4M3')]).toEqual([NaN, NaN, 448, -448]);
    expect(e4m3.saturated).toBe(2);
  });

  it('refuses types without a float encoding', () => {
    expect(() => encodeFloat32(new Float32Array(1), 'Q4_K')).toThrow('found Q4_K');
  });
});
