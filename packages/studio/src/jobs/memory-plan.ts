import type { Phase } from '@danqing/contract/worker-messages';
import { DanqingError } from '@danqing/engine/errors';
import type { Bindings } from '@danqing/engine/graph/dim';
import type { Graph } from '@danqing/engine/graph/value';
import type { Preparation, RunMode } from '@danqing/engine/runtime';
import type { MemoryState } from '@danqing/node/system/memory-state';
import { sessionMemory } from './session-memory.ts';

/** A network that a job runs, in the order of first use. */
export interface PlannedNetwork {
  readonly opening: Phase;
  readonly running: Phase;
  readonly graph: Graph;
  /** Sizes of its largest run. */
  readonly sizes: Bindings;
  readonly preparation: Preparation;
  /** It runs in turn with the one before it, so that both have to stay open. */
  readonly isBeside?: boolean;
}

/** What a job is predicted to take. */
export interface MemoryPlan {
  readonly mode: RunMode;
  /** Most anonymous memory of the drawing process in each phase, in their order. */
  readonly phases: readonly { readonly phase: Phase; readonly bytes: number }[];
  readonly peakBytes: number;
  /** What open sessions may keep together. */
  readonly budgetBytes: number;
  /** What opening a session takes at most beyond what it keeps. */
  readonly openingExcessBytes: number;
}

/** The drawing process before it opens anything: Node, the program, ONNX Runtime. */
const PROCESS_BYTES = 130e6;

/** Left to the system and to other programs whatever happens. */
const RESERVE_BYTES = 300e6;

/**
 * Predicts the memory of a job that opens its networks one after another, and closes the oldest ones when all together
 * would take more than the budget; but those that run in turn are never closed for each other.
 * @param budgetBytes what sessions may keep together; `least`: what the largest that must be open at once keep.
 */
export function planMemory(
  networks: readonly PlannedNetwork[],
  mode: RunMode,
  budgetBytes: number | 'least',
): MemoryPlan {
  const sized = networks.map((network) => {
    const { openingBytes, restingBytes, runBytes } = sessionMemory(
      network.graph,
      mode,
      network.sizes,
      network.preparation,
    );
    return { ...network, openingBytes, keptBytes: restingBytes + runBytes };
  });
  const together = sized.map(
    ({ keptBytes, isBeside }, i) => keptBytes + (isBeside === true ? sized[i - 1]!.keptBytes : 0),
  );
  const budget = budgetBytes === 'least' ? Math.max(...together) : budgetBytes;

  const phases = new Map<Phase, number>();
  const open: number[] = [];
  const held = () => open.reduce((sum, bytes) => sum + bytes, 0);
  const reach = (phase: Phase, bytes: number) =>
    phases.set(phase, Math.max(phases.get(phase) ?? 0, PROCESS_BYTES + bytes));
  for (const { opening, running, openingBytes, keptBytes } of sized) {
    while (open.length > 0 && held() + keptBytes > budget) open.shift();
    reach(opening, held() + openingBytes);
    open.push(keptBytes);
    reach(running, held());
  }
  return {
    mode,
    phases: [...phases].map(([phase, bytes]) => ({ phase, bytes })),
    peakBytes: Math.max(...phases.values()),
    budgetBytes: Math.min(
      budget,
      sized.reduce((sum, { keptBytes }) => sum + keptBytes, 0),
    ),
    openingExcessBytes: Math.max(0, ...sized.map(({ openingBytes, keptBytes }) => openingBytes - keptBytes)),
  };
}

/**
 * The first of the given modes in which a job fits into the memory that is free, with everything kept open if that fits
 * too. What is left over may be kept by sessions of other jobs.
 * @param what the job in words, for the refusal: `512×512, 4 at a time`.
 * @throws no-memory, with what it would take at least and what there is.
 */
export function chooseMemoryPlan(
  networks: readonly PlannedNetwork[],
  modes: readonly RunMode[],
  memory: MemoryState,
  what: string,
): MemoryPlan {
  const limit = memory.freeBytes + memory.ownBytes - RESERVE_BYTES;
  const plans = modes.flatMap((mode) => [planMemory(networks, mode, Infinity), planMemory(networks, mode, 'least')]);
  const fitting = plans.find(({ peakBytes }) => peakBytes <= limit);
  if (fitting !== undefined) {
    const budgetBytes = Math.max(fitting.budgetBytes, limit - PROCESS_BYTES - fitting.openingExcessBytes);
    return { ...fitting, budgetBytes };
  }
  const least = plans.reduce((a, b) => (b.peakBytes < a.peakBytes ? b : a));
  const worst = least.phases.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  throw new DanqingError('no-memory', {
    where: `memory for ${what}`,
    expected: `at least ${gigabytes(least.peakBytes + RESERVE_BYTES)} free (in mode ${least.mode}, to ${worst.phase})`,
    found: `${gigabytes(memory.freeBytes + memory.ownBytes)} free of ${gigabytes(memory.totalBytes)}`,
    advice: 'Close other programs, or ask for a smaller picture or fewer at a time.',
  });
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
