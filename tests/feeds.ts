import type { Float64Tensor } from '@danqing/engine/graph/evaluate';
import type { Graph } from '@danqing/engine/graph/value';
import type { Feed } from '@danqing/engine/runtime';

/** Double-precision tensors as a session wants them: float32, or 64-bit integers where the graph says so. */
export const toFeeds = (graph: Graph, tensors: Readonly<Record<string, Float64Tensor>>): Record<string, Feed> =>
  Object.fromEntries(
    graph.inputs.map(({ name, type }) => {
      const { shape, data } = tensors[name]!;
      return [
        name,
        type === 'i64'
          ? { shape, data: BigInt64Array.from(Array.from(data, BigInt)) }
          : { shape, data: Float32Array.from(data) },
      ];
    }),
  );
