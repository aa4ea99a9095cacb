import { describe, expect, it } from 'vitest';
import { multiplyDims, symbol } from './dim.ts';
import { add } from './ops/add.ts';
import { gather } from './ops/gather-scatter.ts';
import { multiply } from './ops/multiply.ts';
import { reshape } from './ops/reshape.ts';
import { silu } from './ops/silu.ts';
import { sum } from './ops/sum.ts';
import { printGraph } from './print.ts';
import { constant, input, scalar, weight } from './value.ts';

describe('printGraph', () => {
  it('shows inputs, weights, constants, attributes and types, one result a line', () => {
    const n = symbol('n');
    const ids = input('ids', [n, 4], 'i64');
    const table = weight(
      { name: 'text.embedding', dtype: 'F16', shape: [10, 6, 1], file: 'f', offset: 0, length: 120 },
      [10, 6],
    );
    const rows = gather(table, ids);
    const scaled = multiply(silu(rows), scalar(0.5));
    const flat = reshape(add(scaled, rows), [multiplyDims(n, 4), 6]);
    const mask = constant(
      [1, 10],
      Array.from({ length: 10 }, (_, i) => (i < 2 ? 0 : -Infinity)),
    );
    const outputs = { flat, total: sum(flat, [0, 1]), mask };
    expect(printGraph({ name: 'example', inputs: [ids], outputs })).toMatchInlineSnapshot(`
      "example(ids: i64 [n, 4])
        %0 = gather(w "text.embedding" [10, 6] F16, ids) : f32 [n, 4, 6]
        %1 = swish(%0, beta=1) : f32 [n, 4, 6]
        %2 = multiply(%1, 0.5) : f32 [n, 4, 6]
        %3 = add(%2, %0) : f32 [n, 4, 6]
        %4 = reshape(%3, shape=[4*n, 6]) : f32 [4*n, 6]
        %5 = sum(%4, axes=[0, 1]) : f32 []
        flat = %4
        total = %5
        mask = {0, 0, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, …} [1, 10]"
    `);
  });
});
