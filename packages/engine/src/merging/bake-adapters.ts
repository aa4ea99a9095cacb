import type { RunGraph } from '../adapters/adaptation.ts';
import { type AdaptedTensor, adaptedTensors, adaptedValue } from '../adapters/adapted-tensor.ts';
import { type AdapterUse, strengthOn } from '../adapters/adapter-use.ts';
import { scalar } from '../graph/value.ts';
import { isFloatDType } from '../tensor/encode.ts';
import type { MadeTensor } from '../weights/formula.ts';
import type { ByteSource, TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import { DERIVED } from '../weights/with-sources.ts';

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
    const source = new AdaptedSource(adapted, runGraph);
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

/** An adapted weight as float32 bytes: worked out at the first read, let go once its end was read. */
class AdaptedSource implements ByteSource {
  readonly file: string;
  readonly size: number;
  readonly #tensor: AdaptedTensor;
  readonly #runGraph: RunGraph;
  #made: Promise<Uint8Array> | undefined;

  constructor(tensor: AdaptedTensor, runGraph: RunGraph) {
    const { file, name, shape } = tensor.entry;
    this.file = `${file}${DERIVED}${name} with add-ons`;
    this.size = shape.reduce((a, b) => a * b, Float32Array.BYTES_PER_ELEMENT);
    this.#tensor = tensor;
    this.#runGraph = runGraph;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.#made ??= this.#make();
    const bytes = await this.#made;
    if (offset + length >= this.size) this.#made = undefined;
    return bytes.slice(offset, offset + length);
  }

  async #make(): Promise<Uint8Array> {
    const strength = (use: AdapterUse) => scalar(strengthOn(use, this.#tensor.part));
    const graph = {
      name: this.file,
      inputs: [],
      outputs: { weight: adaptedValue(this.#tensor, strength) },
    };
    const { data } = (await this.#runGraph(graph, {}))['weight']!;
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}
