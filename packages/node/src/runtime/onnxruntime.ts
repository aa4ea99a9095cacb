import { DanqingError } from '@danqing/engine/errors';
import { emitOnnx, type OnnxDialect } from '@danqing/engine/graph/onnx';
import { add } from '@danqing/engine/graph/ops/add';
import { type Graph, input, topological } from '@danqing/engine/graph/value';
import type { Feed, OpenOptions, RunMode, Session } from '@danqing/engine/runtime';
import type { TensorEntry } from '@danqing/engine/weights/tensor-index';
import * as ort from 'onnxruntime-node';
import { weightPlaces } from './weight-place.ts';

/** The devices that ONNX Runtime's package for Node brings a provider for. */
export type Provider = 'cpu' | 'webgpu' | 'cuda';

export interface OnnxRuntimeOptions extends OpenOptions {
  readonly provider: Provider;
  /** `standard` writes the graph without ONNX Runtime's own operators. */
  readonly dialect?: OnnxDialect;
}

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

/** Errors only: what ONNX Runtime warns of is no concern of the person who reads the terminal. */
const LOG_ERRORS = 3;

/**
 * Opens a graph on ONNX Runtime with its weights left in their files.
 * @throws no-memory when there is not enough; unsupported when weights lie on several drives.
 */
export async function openOnnxRuntime(graph: Graph, options: OnnxRuntimeOptions): Promise<Session> {
  const { folder, place } = weightPlaces(graph);
  const made = await readMade(graph);
  const model = emitOnnx(graph, {
    dialect: options.dialect ?? 'onnxruntime',
    place: (entry) => made.get(placeKey(entry)) ?? place(entry),
  });
  const { extra, ...mode } = MODES[options.mode];
  const session = await explained(graph, async () =>
    ort.InferenceSession.create(model, {
      ...mode,
      executionProviders: [options.provider],
      // A pattern of one run's allocations takes a second block as large as all of them: 1.2 GB for a VAE at 512².
      enableMemPattern: false,
      logSeverityLevel: LOG_ERRORS,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      extra: {
        ...extra,
        session: {
          model_external_initializers_file_folder_path: folder,
          // Waiting threads sleep: costs nothing measurable and leaves the desktop usable.
          intra_op: { allow_spinning: '0' },
        },
      },
    }),
  );
  return {
    async run(feeds) {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(feed)]));
      const results = await explained(graph, async () => session.run(tensors));
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
      );
    },
    release: () => session.release(),
  };
}

/** A model of more bytes than this cannot be handed over; weights in their files do not count. */
const MADE_LIMIT = 2 ** 31 - 2 ** 26;

const placeKey = ({ file, offset, length }: TensorEntry): string => `${offset} ${length} ${file}`;

/**
 * The bytes of weights that no file holds as they are: strided or compressed in a torch file.
 * @throws unsupported when they are too many to be handed over.
 */
async function readMade(graph: Graph): Promise<ReadonlyMap<string, { readonly bytes: Uint8Array }>> {
  const weights = topological(Object.values(graph.outputs)).flatMap((value) =>
    value.kind === 'weight' && value.entry.source !== undefined ? [value.entry] : [],
  );
  const total = weights.reduce((sum, { length }) => sum + length, 0);
  if (total > MADE_LIMIT) {
    throw new DanqingError('unsupported', {
      where: graph.name,
      expected: `weights that stand in their file as they are, or at most ${MADE_LIMIT} bytes of others`,
      found: `${total} bytes that are compressed or out of order`,
      advice: 'Convert the checkpoint to safetensors.',
    });
  }
  const made = new Map<string, { readonly bytes: Uint8Array }>();
  for (const entry of weights) {
    made.set(placeKey(entry), { bytes: await entry.source!.read(entry.offset, entry.length) });
  }
  return made;
}

/** Opens a graph on ONNX Runtime's CPU provider; for tests and tools that need nothing else. */
export const openOnCpu = async (
  graph: Graph,
  mode: RunMode,
  threads?: number,
  dialect: OnnxDialect = 'onnxruntime',
): Promise<Session> =>
  openOnnxRuntime(graph, { provider: 'cpu', mode, dialect, ...(threads === undefined ? {} : { threads }) });

/** Why a provider does not work here, in ONNX Runtime's words; undefined when it ran a small graph rightly. */
export async function tryProvider(provider: Provider): Promise<string | undefined> {
  const x = input('x', [4]);
  try {
    const session = await openOnnxRuntime(
      { name: 'self-test', inputs: [x], outputs: { y: add(x, x) } },
      { provider, mode: 'quick' },
    );
    const { y } = await session.run({ x: { shape: [4], data: Float32Array.of(1, 2, 3, 4) } });
    await session.release();
    return y?.data.join() === '2,4,6,8' ? undefined : `it added wrongly: ${y?.data.join()}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Version of the ONNX Runtime that is installed. */
export const onnxRuntimeVersion = (): string => ort.env.versions.node ?? ort.env.versions.common;

/** Does it, and tells want of memory in our words. */
async function explained<T>(graph: Graph, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message } = error as Error;
    if (!/bad_alloc|failed to allocate|out of memory/i.test(message)) throw error;
    throw new DanqingError('no-memory', {
      where: graph.name,
      expected: 'enough free memory',
      found: message,
      advice: 'Close other programs, choose a smaller size or a mode that needs less memory.',
    });
  }
}

const toOrt = ({ data, shape }: Feed): ort.Tensor =>
  data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('int64', data, shape);
