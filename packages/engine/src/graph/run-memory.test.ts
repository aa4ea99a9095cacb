import { describe, expect, it } from 'vitest';
import { symbol } from './dim.ts';
import { add } from './ops/add.ts';
import { attention } from './ops/attention.ts';
import { linear } from './ops/linear.ts';
import { reshape } from './ops/reshape.ts';
import { silu } from './ops/silu.ts';
import { runBytes } from './run-memory.ts';
import { type Graph, input, scalar, type Value, weight } from './value.ts';

const x = input('x', [symbol('n'), 4]);
const graphOf = (y: Value): Graph => ({ name: 'g', inputs: [x], outputs: { y } });
const bytesOf = (y: Value, n: number, convertsWeights = false): number =>
  runBytes(graphOf(y), new Map([['n', n]]), convertsWeights);

/** Bytes of [n, 4] in float32. */
const one = (n: number): number => 16 * n;

const stored = (rows: number, dtype: 'F16' | 'F32' = 'F16'): Value =>
  weight({ name: `w${rows}`, dtype, shape: [rows, 4], file: '/f', offset: 0, length: rows * 8 });

describe('first 8: runBytes', () => {
  it('hands used-up results on: a chain of any length holds two', () => {
    expect(bytesOf(silu(x), 5)).toBe(one(5));
    expect(bytesOf(silu(silu(x)), 5)).toBe(2 * one(5));
    expect(bytesOf(silu(silu(silu(silu(silu(x))))), 100)).toBe(2 * one(100));
  });

  it('lets sums write over an input that nobody else needs', () => {
    const a = silu(x);
    expect(bytesOf(add(a, scalar(1)), 5)).toBe(one(5));
    // Here it is needed again.
    expect(bytesOf(add(add(a, scalar(1)), a), 5)).toBe(2 * one(5));
  });

  it('counts another shape of the same elements once', () => {
    expect(bytesOf(silu(reshape(silu(x), [symbol('n'), 2, 2])), 5)).toBe(2 * one(5));
  });

  it('keeps a result until its last use', () => {
    const early = silu(x);
    const long = silu(silu(silu(early)));
    expect(bytesOf(add(long, early), 5)).toBe(3 * one(5));
  });

  it('keeps a buffer for the next result of its shape, not for one of another', () => {
    // [n, 4] → [n, 6] → [n, 4] → [n, 6]: each shape is held from its first to its last use.
    const wide = (value: Value) => linear(value, stored(6));
    const narrow = (value: Value) =>
      linear(value, weight({ name: 'w', dtype: 'F16', shape: [4, 6], file: '/f', offset: 0, length: 48 }));
    expect(bytesOf(wide(narrow(wide(silu(x)))), 5)).toBe(one(5) + 1.5 * one(5));
  });

  it('counts converted weights where they are converted while running', () => {
    const y = linear(silu(x), stored(4));
    expect(bytesOf(y, 1)).toBe(2 * one(1));
    expect(bytesOf(y, 1, true)).toBe(2 * one(1) + 64);
    expect(bytesOf(linear(silu(x), stored(4, 'F32')), 1, true)).toBe(2 * one(1));
  });

  it('adds what attention lays out anew', () => {
    const q = silu(input('q', [1, 3, 4]));
    const y = attention(q, q, q, { heads: 2 });
    expect(runBytes({ name: 'g', inputs: [], outputs: { y } }, new Map(), false)).toBe(2 * 48 + 4 * 48);
  });
});
