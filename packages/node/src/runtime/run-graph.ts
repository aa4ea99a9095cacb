import { emitOnnx } from '@danqing/engine/graph/onnx';
import type { Graph } from '@danqing/engine/graph/value';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import * as ort from 'onnxruntime-node';
import { weightPlaces } from './weight-place.ts';

/**
 * Runs a graph once for its results and closes it. Nothing is optimised, packed or kept: for graphs that touch much data once.
 * @param into memory that results are written to, by output name; those that are not in it get memory of their own.
 * @throws unsupported when weights lie on several drives.
 */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  into: Readonly<Record<string, Float32Array>> = {},
): Promise<Record<string, Tensor>> {
  const { folder, place } = weightPlaces(graph);
  const session = await ort.InferenceSession.create(emitOnnx(graph, { dialect: 'onnxruntime', place }), {
    graphOptimizationLevel: 'disabled',
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: folder,
        disable_prepacking: '1',
        intra_op: { allow_spinning: '0' },
      },
    },
  });
  try {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [name, new ort.Tensor('float32', feed.data, feed.shape)]),
    );
    const fetches = Object.fromEntries(
      Object.entries(graph.outputs).map(([name, { shape }]) => [
        name,
        into[name] === undefined ? null : new ort.Tensor('float32', into[name], shape as readonly number[]),
      ]),
    );
    const results = await session.run(tensors, fetches);
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
    );
  } finally {
    await session.release();
  }
}
