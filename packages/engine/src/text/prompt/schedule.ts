import type { PromptNote } from './prompt-note.ts';
import { parseSchedule } from './schedule-grammar.ts';
import type { ScheduleNode } from './schedule-grammar.ts';

/** A text and the last step at which it is used. */
export interface ScheduleEntry {
  readonly endStep: number;
  readonly text: string;
}

/** The span of steps that a prompt's schedules refer to. */
export interface ScheduleSpan {
  /** Steps of the first pass; twice the slider's for samplers that call the model twice a step. */
  readonly steps: number;
  /** Steps of the second pass, when this is the schedule of the second pass. */
  readonly hiresSteps?: number;
  /** A1111's option of the same name: numbers below 1 are fractions, and both passes use the first pass's schedule. */
  readonly useOldScheduling?: boolean;
}

/**
 * Unrolls a prompt into texts by step (A1111's prompt editing and alternation): a number with a dot is a fraction of the steps, one
 * without is a step. Entries are sorted by their end and the last one ends with the last step. Never throws.
 */
export function schedulePrompt(text: string, span: ScheduleSpan): { entries: ScheduleEntry[]; notes: PromptNote[] } {
  const tree = parseSchedule(text);
  const { steps, resolve } = stepRule(span);
  if (tree === undefined) {
    const message =
      'This prompt holds a "|" outside [ ] or a backslash at the end of a line, so it is taken literally and nothing in it is scheduled.';
    const notes: PromptNote[] = text.includes('[') ? [{ code: 'read-literally', message }] : [];
    return { entries: [{ endStep: steps, text }], notes };
  }

  const ends = new Set([steps]);
  for (const when of tree.whens) {
    const step = resolve(when);
    if (step >= 1) ends.add(step);
  }
  if (tree.hasCycle) for (let step = 1; step <= steps; step++) ends.add(step);

  const notes: PromptNote[] = [];
  if (tree.hasStrayBracket && (tree.hasCycle || tree.whens.length > 0)) {
    const message =
      'A bracket in this prompt closes nothing and is taken as text; A1111 may read the schedules around it differently.';
    notes.push({ code: 'stray-bracket', message });
  }
  if (tree.hasBarInTimed) {
    const message =
      'A "|" beside a ":" in the same [ ] is taken as text; A1111 takes such a prompt literally as a whole.';
    notes.push({ code: 'bar-in-schedule', message });
  }
  const entries = [...ends]
    .sort((a, b) => a - b)
    .map((endStep) => ({ endStep, text: textAtStep(text, tree.root, endStep, resolve) }));
  return { entries, notes };
}

/** The place in a schedule that is in force at a step (model calls so far, from 0): the first entry with step ≤ endStep. */
export function entryIndexAtStep(entries: readonly { readonly endStep: number }[], step: number): number {
  const index = entries.findIndex(({ endStep }) => step <= endStep);
  // Samplers that call the model more often than planned (DPM adaptive, Restart) fall back to the first entry in A1111.
  return Math.max(index, 0);
}

function stepRule({ steps: baseSteps, hiresSteps, useOldScheduling = false }: ScheduleSpan): {
  steps: number;
  resolve: (when: string) => number;
} {
  const isSecondPass = hiresSteps !== undefined && !useOldScheduling;
  const steps = isSecondPass ? hiresSteps : baseSteps;
  const skippedFraction = isSecondPass ? 1 : 0;
  const skippedSteps = isSecondPass ? baseSteps : 0;
  const resolve = (when: string): number => {
    const value = Number(when);
    const isFraction = useOldScheduling ? value < 1 : when.includes('.');
    const step = isFraction ? (value - skippedFraction) * steps : value - skippedSteps;
    return Math.min(steps, Math.trunc(step));
  };
  return { steps, resolve };
}

function textAtStep(text: string, root: ScheduleNode, step: number, resolve: (when: string) => number): string {
  const slices: string[] = [];
  const stack: ScheduleNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === 'text') slices.push(text.slice(node.start, node.end));
    else if (node.kind === 'timed') stack.push(step <= resolve(node.when) ? node.before : node.after);
    else if (node.kind === 'cycle') {
      const option = node.options[(step - 1) % node.options.length];
      if (option !== undefined) stack.push(option);
    } else {
      for (let i = node.nodes.length - 1; i >= 0; i--) stack.push(node.nodes[i] as ScheduleNode);
    }
  }
  return slices.join('');
}
