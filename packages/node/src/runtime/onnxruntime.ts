import { emitOnnx, type OnnxDialect } from '@danqing/engine/graph/onnx';
import type { Graph } from '@danqing/engine/graph/value';
import type { Feed, RunMode, Session } from '@danqing/engine/runtime';
import type { TensorEntry } from '@danqing/engine/weights/tensor-index';
import * as ort from 'onnxruntime-node';

/** Session options of ONNX Runtime's CPU provider for each mode; measured in benchmarks/README.md. */
const MODES: Record<RunMode, ort.InferenceSession.SessionOptions> = {
  // Everything folded and packed at opening: most memory, least time per step.
  fast: { graphOptimizationLevel: 'all' },
  quick: { graphOptimizationLevel: 'extended' },
  // Weights are cast while running, so nothing but the mapped file stays in memory.
  small: {
    graphOptimizationLevel: 'extended',
    extra: { optimization: { disable_specified_optimizers: 'ConstantFolding' } },
  },
};

const ROOT = '/';

/** Where ONNX Runtime finds a tensor: any file, addressed from the root folder, at any offset. */
const place = ({ file, offset, length }: TensorEntry) => ({ location: file.replace(/^\/+/, ''), offset, length });

/**
 * Opens a graph on ONNX Runtime's CPU provider with its weights left in their files.
 * @param threads intra-op threads; all cores when absent.
 * @param dialect `standard` writes the graph without ONNX Runtime's own operators.
 */
export async function openOnCpu(
  graph: Graph,
  mode: RunMode,
  threads?: number,
  dialect: OnnxDialect = 'onnxruntime',
): Promise<Session> {
  const model = emitOnnx(graph, { dialect, place });
  const { extra, ...options } = MODES[mode];
  const session = await ort.InferenceSession.create(model, {
    ...options,
    executionProviders: ['cpu'],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      ...extra,
      session: {
        model_external_initializers_file_folder_path: ROOT,
        // Waiting threads sleep: costs nothing measurable and leaves the desktop usable.
        intra_op: { allow_spinning: '0' },
      },
    },
  });
  return {
    async run(feeds) {
      const results = await session.run(
        Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(feed)])),
      );
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
      );
    },
    release: () => session.release(),
  };
}

const toOrt = ({ data, shape }: Feed): ort.Tensor =>
  data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('int64', data, shape);
