import type { Float64Tensor } from '@danqing/engine/graph/evaluate';
import type { Graph } from '@danqing/engine/graph/value';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import * as ort from 'onnxruntime-node';
import { modelOf } from './onnx-model.ts';
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
  const fed = mapValues(feeds, ({ data, shape }) => new ort.Tensor('float32', data, shape));
  const fetches = mapValues(graph.outputs, ({ shape }, name) =>
    into[name] === undefined ? null : new ort.Tensor('float32', into[name], shape as readonly number[]),
  );
  const results = await runOnce(graph, await modelOf(graph), fed, fetches);
  return mapValues(results, ({ dims, data }) => ({ shape: dims, data: data as Float32Array }));
}

/** The same in float64. */
export async function runInDoubles(
  graph: Graph,
  feeds: Readonly<Record<string, Float64Tensor>>,
): Promise<Record<string, Float64Tensor>> {
  const fed = mapValues(feeds, ({ data, shape }) => new ort.Tensor('float64', data, shape));
  // ONNX Runtime's own operators know float32 only.
  const model = await modelOf(graph, 'standard', 'f64');
  const results = await runOnce(
    graph,
    model,
    fed,
    mapValues(graph.outputs, () => null),
  );
  return mapValues(results, ({ dims, data }) => ({ shape: dims, data: data as Float64Array }));
}

async function runOnce(
  graph: Graph,
  model: Uint8Array,
  feeds: Readonly<Record<string, ort.Tensor>>,
  fetches: Readonly<Record<string, ort.Tensor | null>>,
): Promise<ort.InferenceSession.OnnxValueMapType> {
  const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'disabled',
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: weightPlaces(graph).folder,
        disable_prepacking: '1',
        intra_op: { allow_spinning: '0' },
      },
    },
  });
  try {
    return await session.run(feeds, fetches);
  } finally {
    await session.release();
  }
}

const mapValues = <From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
