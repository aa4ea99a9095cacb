import { DanqingError } from '@danqing/engine/errors';
import { emitOnnx } from '@danqing/engine/graph/onnx';
import type { OnnxDialect } from '@danqing/engine/graph/onnx-emitter';
import { type Graph, topological } from '@danqing/engine/graph/value';
import type { OpenOptions, RunMode } from '@danqing/engine/runtime';
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
export const MODES: Record<RunMode, ort.InferenceSession.SessionOptions> = {
  // Everything converted and laid out for this processor at opening; kept on the disk where that is allowed.
  fast: { graphOptimizationLevel: 'all' },
  // Weights are converted while running, so nothing but the mapped file stays in memory.
  quick: {
    graphOptimizationLevel: 'extended',
    extra: { optimization: { disable_specified_optimizers: 'ConstantFolding' } },
  },
  // As it was written.
  small: { graphOptimizationLevel: 'disabled' },
};

/** Errors only: what ONNX Runtime warns of is no concern of the person who reads the terminal. */
const LOG_ERRORS = 3;

/** A graph as a serialised model whose weights are where `weightPlaces` says. @throws unsupported when they are on several drives. */
export async function modelOf(
  graph: Graph,
  dialect: OnnxDialect = 'onnxruntime',
  precision: 'f32' | 'f64' = 'f32',
): Promise<Uint8Array> {
  const { place } = weightPlaces(graph);
  const made = await readMade(graph);
  return emitOnnx(graph, { dialect, precision, place: (entry) => made.get(placeKey(entry)) ?? place(entry) });
}

/**
 * Opens a model as the mode's settings say.
 * @param source a serialised model whose weights lie below `folder`, or the path of a model file.
 */
export async function openModel(
  source: Uint8Array | string,
  folder: string | undefined,
  { provider, threads }: OnnxRuntimeOptions,
  { extra, ...mode }: ort.InferenceSession.SessionOptions,
  sessionExtra: Readonly<Record<string, string>> = {},
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(source as string, {
    ...mode,
    executionProviders: [provider],
    // A pattern of one run's allocations takes a second block as large as all of them: 1.2 GB for a VAE at 512².
    enableMemPattern: false,
    logSeverityLevel: LOG_ERRORS,
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    extra: {
      ...extra,
      session: {
        ...(folder === undefined ? {} : { model_external_initializers_file_folder_path: folder }),
        // Waiting threads sleep: costs nothing measurable and leaves the desktop usable.
        intra_op: { allow_spinning: '0' },
        ...sessionExtra,
      },
    },
  });
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

/** Version of the ONNX Runtime that is installed. */
export const onnxRuntimeVersion = (): string => ort.env.versions.node ?? ort.env.versions.common;
