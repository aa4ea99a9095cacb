import { availableParallelism } from 'node:os';
import { countFlops } from '@danqing/engine/graph/count-flops';
import type { RunMode } from '@danqing/engine/runtime';
import type { MemoryState } from '@danqing/node/system/memory-state';
import type { CheckpointFiles } from './checkpoint-files.ts';
import { chooseMemoryPlan, type MemoryPlan, type PlannedNetwork } from './memory-plan.ts';
import type { SettledRecipe } from './plan-batches.ts';
import { plannedNetworks } from './planned-networks.ts';
import { sessionMemory } from './session-memory.ts';

/** How a job will be carried out. */
export interface JobPlan extends MemoryPlan {
  /** Bytes that an open session keeps, for runs of this job's sizes. */
  readonly sizeOf: (graph: PlannedNetwork['graph'], mode: RunMode) => number;
  /** What to tell whoever asked; nothing when all is as expected. */
  readonly notes: readonly string[];
}

const MODES: readonly RunMode[] = ['fast', 'quick', 'small'];

/** What the modes reach of a matrix product's speed, and how long they take to open; see benchmarks/README.md. */
const SHARE_OF_PEAK: Readonly<Record<RunMode, number>> = { fast: 0.95, quick: 0.85, small: 0.79 };
const OPENING_SECONDS_PER_GB: Readonly<Record<RunMode, number>> = { fast: 1.5, quick: 0.5, small: 0.05 };

/** Rough speed of a thread in matrix products; only the balance between opening and drawing hangs on it. */
const FLOPS_PER_THREAD = 1e11;

/**
 * Decides how a job uses the memory that is free: the mode that is asked for, or of those that fit the one that should be
 * done first.
 * @throws no-memory with the numbers when nothing fits.
 */
export function planJob(files: CheckpointFiles, recipe: SettledRecipe, memory: MemoryState): JobPlan {
  const networks = plannedNetworks(
    { parts: files.parts, vae: files.vae.part, previewVae: files.previewVae },
    {
      width: recipe.width,
      height: recipe.height,
      pictures: recipe.batchSize,
      promptParts: recipe.prompt.split(/\bAND\b/).length,
      isGuided: recipe.cfgScale !== 1,
    },
  );
  const modes = recipe.mode === 'auto' ? byTime(networks, recipe) : [recipe.mode];
  const together = recipe.batchSize === 1 ? '' : `, ${recipe.batchSize} at a time`;
  const plan = chooseMemoryPlan(networks, modes, memory, `${recipe.width}×${recipe.height}${together}`);
  const [sizes] = networks.filter(({ running }) => running === 'sample').map((network) => network.sizes);
  return {
    ...plan,
    sizeOf(graph, mode) {
      const { restingBytes, runBytes } = sessionMemory(graph, mode, sizes ?? new Map());
      return restingBytes + runBytes;
    },
    notes:
      plan.mode === modes[0] ? [] : [`Little memory is free: drawing in mode ${plan.mode} instead of ${modes[0]}.`],
  };
}

/** The modes, that first in which the job should be done first: opening a model may take longer than drawing with it. */
function byTime(networks: readonly PlannedNetwork[], { steps, batchSize, batchCount }: SettledRecipe): RunMode[] {
  const work = networks.map(({ graph, sizes, running, isBeside }) => {
    const runs = isBeside === true ? 0 : running === 'sample' ? steps * batchCount : batchSize * batchCount;
    return { graph, sizes, flops: running === 'encode prompt' ? 0 : runs * countFlops(graph, sizes) };
  });
  const flops = work.reduce((sum, each) => sum + each.flops, 0);
  const weights = work.reduce((sum, { graph, sizes }) => sum + sessionMemory(graph, 'quick', sizes).restingBytes, 0);
  const seconds = (mode: RunMode): number =>
    (weights / 1e9) * OPENING_SECONDS_PER_GB[mode] +
    flops / (FLOPS_PER_THREAD * availableParallelism() * SHARE_OF_PEAK[mode]);
  return [...MODES].sort((a, b) => seconds(a) - seconds(b));
}
