import { add } from '@danqing/engine/graph/ops/add';
import { matmul } from '@danqing/engine/graph/ops/matmul';
import { constant, input, weight } from '@danqing/engine/graph/value';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { expect, it } from 'vitest';
import { runGraph, runInDoubles } from './run-graph.ts';

it('reads weights that no file holds as they are', async () => {
  const source = memorySource('model.ckpt › turned', new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  const turned = weight({
    name: 'turned',
    dtype: 'F32',
    shape: [2, 2],
    file: source.file,
    offset: 0,
    length: 16,
    source,
  });
  const graph = { name: 'sum', inputs: [], outputs: { y: add(turned, constant([2, 2], [10, 20, 30, 40])) } };
  expect((await runGraph(graph, {}))['y']!.data).toEqual(Float32Array.of(11, 22, 33, 44));
});

it('computes in float64 where that is asked for', async () => {
  const x = input('x', [1, 2]);
  const y = matmul(x, constant([1, 2], [1, 1]), { transB: true });
  const { data } = (
    await runInDoubles(
      { name: 'sum', inputs: [x], outputs: { y } },
      { x: { shape: [1, 2], data: Float64Array.of(1, 1e-12) } },
    )
  )['y']!;
  expect(data[0]).toBe(1 + 1e-12);
});
