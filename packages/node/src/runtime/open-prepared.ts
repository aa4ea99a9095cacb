import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { cpus } from 'node:os';
import { weightFiles } from '@danqing/engine/graph/content';
import { emitOnnx } from '@danqing/engine/graph/onnx';
import { type Graph, topological } from '@danqing/engine/graph/value';
import type { Preparation } from '@danqing/engine/runtime';
import { elementCount } from '@danqing/engine/tensor/tensor';
import type { TensorEntry } from '@danqing/engine/weights/tensor-index';
import type { InferenceSession } from 'onnxruntime-node';
import { MODES, modelOf, onnxRuntimeVersion, type OnnxRuntimeOptions, openModel } from './onnx-model.ts';
import { PreparedModels } from './prepared-models.ts';
import { weightPlaces } from './weight-place.ts';

/** What a folder of prepared models holds of a graph. */
export function preparationOf(graph: Graph, preparedFolder: string): Preparation {
  if (!isWorthPreparing(graph)) return 'none';
  return new PreparedModels(preparedFolder).find(preparedKey(graph)) === undefined ? 'possible' : 'made';
}

/** Smaller models open quickly enough as they are. */
const PREPARED_BYTES_FROM = 500e6;

/** Prepared weights are float32, and matrices are there twice: as they are and packed. */
const PREPARED_BYTES_PER_VALUE = 5.5;

/** Whether a graph takes so long to open that it is kept prepared. */
export const isWorthPreparing = (graph: Graph): boolean =>
  weightsOf(graph).every(({ source }) => source === undefined) && preparedBytes(graph) >= PREPARED_BYTES_FROM;

const preparedBytes = (graph: Graph): number =>
  weightsOf(graph).reduce((sum, { shape }) => sum + PREPARED_BYTES_PER_VALUE * elementCount(shape), 0);

/** Opens a model that is optimised on the disk, after it was optimised now if need be: all its weights are mapped. */
export async function openPrepared(
  graph: Graph,
  options: OnnxRuntimeOptions,
  prepared: PreparedModels,
): Promise<InferenceSession> {
  const { folder } = weightPlaces(graph);
  const key = preparedKey(graph);
  let file = prepared.find(key);
  if (file === undefined) {
    const model = await modelOf(graph);
    if (!(await prepared.hasRoom(preparedBytes(graph)))) return openModel(model, folder, options, MODES.fast);
    file = await prepared.make(key, async ({ modelFile, weightsName }) => {
      const saving = {
        optimized_model_external_initializers_file_name: weightsName,
        optimized_model_external_initializers_min_size_in_bytes: '1024',
        save_external_prepacked_constant_initializers: '1',
      };
      const mode = { ...MODES.fast, optimizedModelFilePath: modelFile };
      await (await openModel(model, folder, options, mode, saving)).release();
    });
  }
  return openModel(file, undefined, options, { graphOptimizationLevel: 'disabled' });
}

/** Changes with the graph, its weight files, the version of ONNX Runtime and the kind of processor. */
function preparedKey(graph: Graph): string {
  const hash = createHash('sha256').update(modelDigest(graph));
  for (const file of weightFiles(graph)) {
    const { size, mtimeMs, ino } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs} ${ino}\n`);
  }
  return hash.update(`${onnxRuntimeVersion()} ${process.arch} ${cpus()[0]?.model}`).digest('hex').slice(0, 32);
}

const digests = new WeakMap<Graph, string>();

/** SHA-256 of the serialised model without its weights: of what is handed over, so that no change of ours goes unnoticed. */
function modelDigest(graph: Graph): string {
  let digest = digests.get(graph);
  if (digest === undefined) {
    const { place } = weightPlaces(graph);
    digest = createHash('sha256')
      .update(emitOnnx(graph, { dialect: 'onnxruntime', place }))
      .digest('hex');
    digests.set(graph, digest);
  }
  return digest;
}

const weightsOf = (graph: Graph): readonly TensorEntry[] =>
  topological(Object.values(graph.outputs)).flatMap((value) => (value.kind === 'weight' ? [value.entry] : []));
