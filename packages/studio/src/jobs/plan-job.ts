import { availableParallelism } from 'node:os';
import { countFlops } from '@danqing/engine/graph/count-flops';
import type { Bindings } from '@danqing/engine/graph/dim';
import { type Graph, topological } from '@danqing/engine/graph/value';
import type { Preparation, RunMode } from '@danqing/engine/runtime';
import { elementCount } from '@danqing/engine/tensor/tensor';
import type { MemoryState } from '@danqing/node/system/memory-state';
import type { CheckpointFiles } from './checkpoint-files.ts';
import { chooseMemoryPlan, type MemoryPlan, type PlannedNetwork } from './memory-plan.ts';
import type { SettledRecipe } from './plan-batches.ts';
import { plannedNetworks } from './planned-networks.ts';
import { sessionMemory } from './session-memory.ts';

/** How a job will be carried out. */
export interface JobPlan extends MemoryPlan {
  /** Where large models are kept prepared; undefined where this job's are not to be. */
  readonly preparedFolder: string | undefined;
  /** Bytes that an open session keeps, for runs of this job's sizes. */
  readonly sizeOf: (graph: Graph, mode: RunMode) => number;
  /** What to tell whoever asked; nothing when all is as expected. */
  readonly notes: readonly string[];
}

const MODES: readonly RunMode[] = ['fast', 'quick', 'small'];

/** What the modes reach of a matrix product's speed; see benchmarks/README.md. */
const SHARE_OF_PEAK: Readonly<Record<RunMode, number>> = { fast: 0.97, quick: 0.86, small: 0.84 };

/** Time to open a model for a gigabyte of its values in float32: what it costs to lay them out anew, and to keep that on the disk. */
const OPENING_SECONDS_PER_GB = { laidOut: 2.5, kept: 1, mapped: 0.1 };

/** Rough speed of a thread in matrix products; only the balance between opening and drawing hangs on it. */
const FLOPS_PER_THREAD = 1e11;

/** A folder of prepared models and what it holds of a graph. */
export interface PreparedFolder {
  readonly path: string;
  preparationOf(graph: Graph): Preparation;
}

/**
 * Decides how a job uses the memory that is free: the mode that is asked for, or of those that fit the one that should be
 * done first.
 * @param besideBytes memory that the job takes beside its networks, at a time when any of them may be open.
 * @throws no-memory with the numbers when nothing fits.
 */
export function planJob(
  files: CheckpointFiles,
  recipe: SettledRecipe,
  memory: MemoryState,
  prepared: PreparedFolder,
  besideBytes = 0,
): JobPlan {
  // Each set of adapters would be another model to keep.
  const isAdapted = /<\w+:/.test(recipe.prompt) || recipe.loras.length > 0 || recipe.hypernetworks.length > 0;
  const networks = plannedNetworks(
    { parts: files.parts, vae: files.vae.part, previewVae: files.previewVae },
    {
      width: recipe.width,
      height: recipe.height,
      pictures: recipe.batchSize,
      promptParts: recipe.prompt.split(/\bAND\b/).length,
      isGuided: recipe.cfgScale !== 1,
    },
    isAdapted ? () => 'none' : (graph) => prepared.preparationOf(graph),
  );
  const modes = recipe.mode === 'auto' ? byTime(networks, recipe) : [recipe.mode];
  const together = recipe.batchSize === 1 ? '' : `, ${recipe.batchSize} at a time`;
  const beside = besideBytes === 0 ? '' : ` beside ${(besideBytes / 1e9).toFixed(1)} GB for add-ons`;
  const plan = chooseMemoryPlan(
    networks,
    modes,
    { ...memory, freeBytes: memory.freeBytes - besideBytes },
    `${recipe.width}×${recipe.height}${together}${beside}`,
  );
  const [sizes] = networks.filter(({ running }) => running === 'sample').map((network) => network.sizes);
  return {
    ...plan,
    preparedFolder: isAdapted ? undefined : prepared.path,
    sizeOf(graph, mode) {
      const preparation = isAdapted ? 'none' : prepared.preparationOf(graph);
      const { restingBytes, runBytes } = sessionMemory(graph, mode, sizes ?? new Map(), preparation);
      return restingBytes + runBytes;
    },
    notes: notesOn(plan.mode, modes[0]!, networks, prepared.path),
  };
}

/**
 * How a decoder alone is run for a latent of a size in cells.
 * @param wanted mode, where there is memory for it.
 * @throws no-memory.
 */
export function planDecoding(
  graph: Graph,
  { width, height }: { readonly width: number; readonly height: number },
  memory: MemoryState,
  wanted: RunMode = 'quick',
): MemoryPlan & Pick<JobPlan, 'sizeOf'> {
  const sizes: Bindings = new Map([
    ['batch', 1],
    ['height', height],
    ['width', width],
  ]);
  const network: PlannedNetwork = { opening: 'open VAE', running: 'decode', graph, sizes, preparation: 'none' };
  return {
    ...chooseMemoryPlan([network], [wanted, 'quick', 'small'], memory, `decoding ${width}×${height} cells`),
    sizeOf(other, mode) {
      const { restingBytes, runBytes } = sessionMemory(other, mode, sizes);
      return restingBytes + runBytes;
    },
  };
}

function notesOn(mode: RunMode, wanted: RunMode, networks: readonly PlannedNetwork[], folder: string): string[] {
  if (mode !== wanted) return [`Little memory is free: drawing in mode ${mode} instead of ${wanted}.`];
  if (mode !== 'fast' || networks.every(({ preparation }) => preparation !== 'possible')) return [];
  return [`This model is prepared for this processor the first time, which takes a while and room in ${folder}.`];
}

/** The modes, that first in which the job should be done first: opening a model may take longer than drawing with it. */
function byTime(networks: readonly PlannedNetwork[], { steps, batchSize, batchCount }: SettledRecipe): RunMode[] {
  const work = networks.map(({ graph, sizes, running, isBeside, preparation }) => {
    const runs = isBeside === true ? 0 : running === 'sample' ? steps * batchCount : batchSize * batchCount;
    return { graph, preparation, flops: running === 'encode prompt' ? 0 : runs * countFlops(graph, sizes) };
  });
  const flops = work.reduce((sum, each) => sum + each.flops, 0);
  const { laidOut, kept, mapped } = OPENING_SECONDS_PER_GB;
  const openingSeconds = { none: laidOut, possible: laidOut + kept, made: mapped };
  const seconds = (mode: RunMode): number =>
    work.reduce(
      (sum, { graph, preparation }) =>
        sum + (weightBytes(graph) / 1e9) * (mode === 'fast' ? openingSeconds[preparation] : mapped),
      flops / (FLOPS_PER_THREAD * availableParallelism() * SHARE_OF_PEAK[mode]),
    );
  return [...MODES].sort((a, b) => seconds(a) - seconds(b));
}

/** Bytes of a graph's weights in float32. */
const weightBytes = (graph: Graph): number =>
  topological(Object.values(graph.outputs)).reduce(
    (sum, value) => sum + (value.kind === 'weight' ? 4 * elementCount(value.shape) : 0),
    0,
  );
