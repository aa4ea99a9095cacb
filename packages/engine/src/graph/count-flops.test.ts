import { describe, expect, it } from 'vitest';
import { countFlops } from './count-flops.ts';
import { symbol } from './dim.ts';
import { addProduct } from './ops/add-product.ts';
import { attention } from './ops/attention.ts';
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from './ops/conv2d.ts';
import { linear } from './ops/linear.ts';
import { matmul } from './ops/matmul.ts';
import { silu } from './ops/silu.ts';
import { input, type Value } from './value.ts';

const n = symbol('n');
const flopsOf = (y: Value): number => countFlops({ name: 'g', inputs: [], outputs: { y } }, new Map([['n', 10]]));
const of = (...shape: number[]): Value => input('x', shape);
const convolution = { stride: 2, padding: [1, 1, 1, 1] };

describe('countFlops', () => {
  it.each<[string, Value, number]>([
    ['linear', linear(input('x', [n, 3]), of(5, 3)), 2 * 10 * 3 * 5],
    ['matmul', matmul(input('x', [2, n, 3]), of(3, 5)), 2 * 2 * 10 * 3 * 5],
    ['matmul, first one turned', matmul(of(3, 7), of(3, 5), { transA: true }), 2 * 7 * 3 * 5],
    ['matmul, second one turned', matmul(of(7, 3), of(5, 3), { transB: true }), 2 * 7 * 3 * 5],
    ['addProduct', addProduct(of(7, 5), of(7, 3), of(3, 5)), 2 * 7 * 3 * 5],
    // 8×6 at stride 2 gives 4×3.
    ['conv2d', conv2d(of(1, 4, 8, 6), of(16, 4, 3, 3), undefined, convolution), 2 * 16 * 12 * 4 * 9],
    ['by its input', conv2dInputGradient(of(1, 16, 4, 3), of(16, 4, 3, 3), convolution, [8, 6]), 2 * 16 * 12 * 4 * 9],
    ['by its weight', conv2dWeightGradient(of(1, 4, 8, 6), of(1, 16, 4, 3), convolution, [3, 3]), 2 * 16 * 12 * 4 * 9],
    ['attention', attention(of(1, 7, 8), of(1, 5, 8), of(1, 5, 8), { heads: 2 }), 2 * (2 * 7 * 5 * 8)],
    ['what follows one another', linear(silu(linear(of(2, 3), of(5, 3))), of(4, 5)), 2 * 2 * 3 * 5 + 2 * 2 * 5 * 4],
    ['nothing of the kind', silu(of(2, 3)), 0],
  ])('%s', (_, y, flops) => {
    expect(flopsOf(y)).toBe(flops);
  });
});
