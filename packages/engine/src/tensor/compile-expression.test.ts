import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/merge-arithmetic.json' with { type: 'json' };
import { compileExpression } from './compile-expression.ts';
import { decodeToFloat32 } from './dtype.ts';
import { encodeFloat32, type FloatDType } from './encode.ts';
import { dtypeOf, type Expression } from './expression.ts';

const COUNT = 20_000;
const FACTORS = [2654435761, 2246822519, 3266489917];
type Half = 'F16' | 'BF16';

const made = new Map<string, Uint8Array>();

/** The tensors that the oracle script makes. */
function operand(which: number, dtype: FloatDType, everywhere: boolean): Uint8Array {
  const key = `${which} ${dtype} ${everywhere}`;
  const bytes = made.get(key) ?? makeOperand(which, dtype, everywhere);
  made.set(key, bytes);
  return bytes;
}

function makeOperand(which: number, dtype: FloatDType, everywhere: boolean): Uint8Array {
  const bits = Uint32Array.from({ length: COUNT }, (_, i) => Math.imul(i, FACTORS[which]!));
  if (dtype === 'F16' || dtype === 'BF16') {
    const [lift, fraction] = ({ F16: [12, 10], BF16: [123, 7] } as Record<Half, [number, number]>)[dtype];
    const codes = Uint16Array.from(bits, (pattern) => {
      const code = pattern >>> 16;
      return everywhere ? code : (code & (0x8000 | ((1 << fraction) - 1))) | (((pattern & 7) + lift) << fraction);
    });
    return new Uint8Array(codes.buffer);
  }
  const patterns = everywhere ? bits : bits.map((pattern) => (pattern & 0x807fffff) | (((pattern & 7) + 123) << 23));
  if (dtype === 'F32') return new Uint8Array(patterns.buffer);
  return new Uint8Array(Float64Array.from(new Float32Array(patterns.buffer), (value) => value * 1.1).buffer);
}

const tensor = (index: number, dtype: FloatDType): Expression => ({ op: 'tensor', operand: index, dtype });
const scale = (factor: number, of: Expression): Expression => ({ op: 'scale', factor, of });
const add = (left: Expression, right: Expression): Expression => ({ op: 'add', left, right });

function expressionOf(kind: string, types: readonly FloatDType[], multiplier: number): Expression {
  const [a, b, c] = types.map((dtype, i) => tensor(i, dtype)) as [Expression, Expression, Expression];
  if (kind === 'weighted') return add(scale(1 - multiplier, a), scale(multiplier, b));
  if (kind === 'difference of nothing') return add(a, scale(multiplier, { op: 'zeros', dtype: types[1]! }));
  return add(a, scale(multiplier, { op: 'subtract', left: b, right: c }));
}

/** The bytes with every NaN as all ones. */
function withOneNan(bytes: Uint8Array, dtype: FloatDType): Uint8Array {
  const size = bytes.length / COUNT;
  const values = dtype === 'F64' ? new Float64Array(bytes.buffer) : decodeToFloat32(bytes, dtype);
  for (let i = 0; i < COUNT; i++) if (values[i] !== values[i]) bytes.fill(0xff, i * size, (i + 1) * size);
  return bytes;
}

describe('compileExpression', () => {
  const kinds = [...new Set(fixture.cases.map((each) => each.sum))];
  it.each(kinds)('computes every mixture of types as torch does: %s', (kind) => {
    for (const { types, everywhere, multiplier, dtype, sha256, nan, infinite } of fixture.cases.filter(
      ({ sum }) => sum === kind,
    )) {
      const label = `${types.join(' ')} × ${multiplier}${everywhere ? '' : ' near one'}`;
      const expression = expressionOf(kind, types as FloatDType[], multiplier);
      const evaluator = compileExpression(expression);
      expect([label, evaluator.dtype, dtypeOf(expression)]).toEqual([label, dtype, dtype]);
      const size = { F16: 2, BF16: 2, F32: 4, F64: 8 }[dtype as Half | 'F32' | 'F64'];
      const out = new Uint8Array(COUNT * size);
      const tally = evaluator.run(
        types.map((type, i) => operand(i, type as FloatDType, everywhere)),
        out,
      );
      expect([label, tally]).toEqual([label, { saturated: 0, nan, infinite }]);
      const hash = createHash('sha256').update(withOneNan(out, evaluator.dtype));
      expect([label, hash.digest('hex')]).toEqual([label, sha256]);
    }
  });

  it('stores every type as every other as encodeFloat32 does, and counts what is beyond the range', () => {
    const all: readonly FloatDType[] = ['F64', 'F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'];
    const values = Float32Array.from({ length: 40_000 }, (_, i) => (i % 2 ? -1 : 1) * 1.03 ** ((i % 2000) - 1000));
    for (const from of all) {
      const { bytes } = encodeFloat32(values, from);
      for (const to of all) {
        const evaluator = compileExpression({ op: 'store', dtype: to, of: tensor(0, from) });
        const expected = encodeFloat32(decodeToFloat32(bytes, from), to);
        const out = new Uint8Array(expected.bytes.length);
        expect([from, to, evaluator.run([bytes], out)]).toEqual([
          from,
          to,
          { saturated: expected.saturated, nan: 0, infinite: 0 },
        ]);
        expect(Buffer.compare(out, expected.bytes)).toBe(0);
      }
    }
  });

  it('adds 8-bit values as halves', () => {
    const a = encodeFloat32(Float32Array.of(448, 0.001953125, -3), 'F8_E4M3').bytes;
    const b = encodeFloat32(Float32Array.of(57344, 1, 0.5), 'F8_E5M2').bytes;
    const evaluator = compileExpression(add(tensor(0, 'F8_E4M3'), tensor(1, 'F8_E5M2')));
    const out = new Uint8Array(6);
    evaluator.run([a, b], out);
    expect(evaluator.dtype).toBe('F16');
    expect([...decodeToFloat32(out, 'F16')]).toEqual([57792, 1.001953125, -2.5]);
  });

  it('takes bytes at any address', () => {
    const { bytes } = encodeFloat32(Float32Array.of(1, 2, 3), 'F16');
    const shifted = new Uint8Array(7);
    shifted.set(bytes, 1);
    const out = new Uint8Array(13);
    const evaluator = compileExpression({ op: 'store', dtype: 'F32', of: scale(2, tensor(0, 'F16')) });
    evaluator.run([shifted.subarray(1)], out.subarray(1));
    expect([...decodeToFloat32(out.subarray(1), 'F32')]).toEqual([2, 4, 6]);
  });
});
