import { type Bindings, showDim } from '@danqing/engine/graph/dim';
import { runBytes } from '@danqing/engine/graph/run-memory';
import { type Graph, topological, type WeightValue } from '@danqing/engine/graph/value';
import type { Preparation, RunMode } from '@danqing/engine/runtime';
import { elementCount } from '@danqing/engine/tensor/tensor';

/** Anonymous memory of one session of ONNX Runtime's CPU provider, in bytes; what is only mapped does not count. */
export interface SessionMemory {
  /** Most that is held while it is opened. */
  readonly openingBytes: number;
  /** What it holds between runs before the first one: weights that had to be converted or packed. */
  readonly restingBytes: number;
  /** What its runs take on top; the session keeps it for the next run. */
  readonly runBytes: number;
}

/** The graph itself, for each of its nodes. Measured: 17 MB for the 1,100 of SD 1.5's UNet, 9 MB for the 250 of its VAE. */
const NODE_BYTES = 10_000;
const GRAPH_BYTES = 6_000_000;

/**
 * How much more than the results a run takes, because freed blocks rarely fit exactly. Measured at sizes from 256² to
 * 512²: in `fast` convolutions also have their own layout of what goes in and out.
 */
const FRAGMENTATION: Readonly<Record<RunMode, number>> = { fast: 1.4, quick: 1.25, small: 1.25 };

/** Memory that a session of the graph takes in a mode, for runs of the given sizes; a size that is not given counts as 1. */
export function sessionMemory(
  graph: Graph,
  mode: RunMode,
  sizes: Bindings,
  preparation: Preparation = 'none',
): SessionMemory {
  const values = topological(Object.values(graph.outputs));
  const results = values.filter(({ kind }) => kind === 'result');
  const uses = new Map<WeightValue, string>();
  for (const result of results) {
    if (result.kind !== 'result') continue;
    for (const input of result.inputs) if (input.kind === 'weight') uses.set(input, result.op.name);
  }
  const bytesWhere = (matches: (weight: WeightValue, use: string) => boolean): number =>
    [...uses].reduce((sum, [weight, use]) => sum + (matches(weight, use) ? 4 * elementCount(weight.shape) : 0), 0);
  const isConverted = (weight: WeightValue): boolean => weight.entry.dtype !== 'F32';
  const isKernel = (weight: WeightValue, use: string): boolean => use === 'conv2d' && weight.shape.length === 4;
  const isMatrix = (weight: WeightValue, use: string): boolean => use === 'linear' && weight.shape.length === 2;

  const resting = bytesWhere((weight, use) => {
    // Bytes that no file holds as they are come along in memory.
    if (weight.entry.source !== undefined) return true;
    if (isConverted(weight)) return mode === 'fast';
    // float32 stays mapped, but for what is packed for the processor.
    return isMatrix(weight, use) || (mode === 'fast' && isKernel(weight, use));
  });
  const graphBytes = GRAPH_BYTES + NODE_BYTES * results.length;
  // Kernels are laid out anew before the old ones are let go.
  const preparing = resting + (mode === 'fast' ? bytesWhere(isKernel) : 0);
  const isKept = mode === 'fast' && preparation !== 'none';
  return {
    // What is prepared is mapped.
    restingBytes: graphBytes + (isKept ? 0 : resting),
    openingBytes: graphBytes + (isKept && preparation === 'made' ? 0 : preparing),
    runBytes: FRAGMENTATION[mode] * runBytes(graph, completed(graph, sizes), mode !== 'fast'),
  };
}

function completed(graph: Graph, sizes: Bindings): Bindings {
  const names = graph.inputs.flatMap(({ shape }) => shape.map(showDim));
  return new Map([...names.map((name) => [name, 1] as const), ...sizes]);
}
