import type { Float64Tensor } from '@danqing/engine/graph/evaluate';
import type { Graph } from '@danqing/engine/graph/value';
import type { Session } from '@danqing/engine/runtime';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import * as ort from 'onnxruntime-node';
import { modelOf } from './onnx-model.ts';
import { asSession } from './onnxruntime.ts';
import { weightPlaces } from './weight-place.ts';

/**
 * Opens a graph that touches much data once at a time: nothing is optimised or packed, and nothing kept between two runs.
 * @throws unsupported when weights lie on several drives.
 */
export const openGraph = async (graph: Graph): Promise<Session> =>
  asSession(graph, await openPlain(graph, await modelOf(graph)));

/** Runs a graph once for its results and closes it; as `openGraph`. */
export async function runGraph(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  const session = await openGraph(graph);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** The same in float64. */
export async function runInDoubles(
  graph: Graph,
  feeds: Readonly<Record<string, Float64Tensor>>,
): Promise<Record<string, Float64Tensor>> {
  const fed = mapValues(feeds, ({ data, shape }) => new ort.Tensor('float64', data, shape));
  // ONNX Runtime's own operators know float32 only.
  const session = await openPlain(graph, await modelOf(graph, 'standard', 'f64'));
  try {
    const results = await session.run(fed);
    return mapValues(results, ({ dims, data }) => ({ shape: dims, data: data as Float64Array }));
  } finally {
    await session.release();
  }
}

const openPlain = async (graph: Graph, model: Uint8Array): Promise<ort.InferenceSession> =>
  ort.InferenceSession.create(model, {
    graphOptimizationLevel: 'disabled',
    executionProviders: ['cpu'],
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: {
        model_external_initializers_file_folder_path: weightPlaces(graph).folder,
        disable_prepacking: '1',
        intra_op: { allow_spinning: '0' },
      },
    },
  });

const mapValues = <From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
