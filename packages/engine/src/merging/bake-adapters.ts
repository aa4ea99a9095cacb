import { type AdaptedTensor, adaptedTensors, adaptedValue } from '../adapters/adapted-tensor.ts';
import { type AdapterUse, strengthOn } from '../adapters/adapter-use.ts';
import { type Graph, scalar } from '../graph/value.ts';
import { isFloatDType } from '../tensor/encode.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { MadeTensor } from '../weights/formula.ts';
import { MadeSource } from '../weights/made-source.ts';
import type { ByteSource, TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import { DERIVED } from '../weights/with-sources.ts';

/** Runs a graph once for its results. */
export type RunGraph = (graph: Graph, feeds: Readonly<Record<string, Tensor>>) => Promise<Record<string, Tensor>>;

/** Tensors of a checkpoint with adapters in them. */
export interface BakedTensors {
  /** All tensors; those that are changed are made from entries of `index`. */
  readonly tensors: readonly MadeTensor[];
  /** What the changed ones are made from: float32, worked out when they are read. */
  readonly index: TensorIndex;
}

/**
 * Puts adapters into the tensors of a checkpoint: W + Σ strength · ΔW in float32, stored once as the type that each tensor has.
 * @param uses on the layers of the checkpoint as graphs can read them (`withSources`).
 */
export function bakeAdapters(
  checkpoint: TensorIndex,
  tensors: readonly MadeTensor[],
  uses: readonly AdapterUse[],
  runGraph: RunGraph,
): BakedTensors {
  const changed = adaptedTensors(uses);
  const entries = new Map<string, TensorEntry>();
  const derived = new Map<string, ByteSource>();
  const baked = tensors.map((tensor): MadeTensor => {
    const entry = originOf(tensor);
    const adapted = entry && checkpoint.tensors.get(entry.name) === entry ? changed.get(entry.name) : undefined;
    if (entry === undefined || adapted === undefined || !isFloatDType(tensor.dtype)) return tensor;
    const source = adaptedSource(adapted, runGraph);
    derived.set(source.file, source);
    const made = { name: entry.name, dtype: 'F32', shape: entry.shape, file: source.file, offset: 0 } as const;
    const operand: TensorEntry = { ...made, length: source.size };
    entries.set(entry.name, operand);
    const of = { op: 'tensor', operand: 0, dtype: 'F32' } as const;
    const expression = tensor.dtype === 'F32' ? of : ({ op: 'store', dtype: tensor.dtype, of } as const);
    return { ...tensor, formula: { from: 'expression', expression, operands: [operand] } };
  });
  const index = {
    format: 'made',
    file: checkpoint.file,
    tensors: entries,
    metadata: new Map<string, string>(),
    derived,
  };
  return { tensors: baked, index };
}

/** The one stored tensor that a tensor is made from. */
function originOf({ formula }: MadeTensor): TensorEntry | undefined {
  if (formula.from === 'bytes') return undefined;
  return formula.from === 'tensor' ? formula.entry : formula.operands[0];
}

/** An adapted weight as float32 bytes. */
function adaptedSource(tensor: AdaptedTensor, runGraph: RunGraph): MadeSource {
  const { file, name, shape } = tensor.entry;
  const path = `${file}${DERIVED}${name} with add-ons`;
  const size = shape.reduce((a, b) => a * b, Float32Array.BYTES_PER_ELEMENT);
  return new MadeSource(path, size, async () => {
    const strength = (use: AdapterUse) => scalar(strengthOn(use, tensor.part));
    const graph = { name: path, inputs: [], outputs: { weight: adaptedValue(tensor, strength) } };
    const { data } = (await runGraph(graph, {}))['weight']!;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  });
}
