import { whitespace } from '../character-classes.ts';

/** A prompt whose text may depend on the step: slices of the source, and places where it changes. */
export type ScheduleNode =
  | { readonly kind: 'text'; readonly start: number; readonly end: number }
  | { readonly kind: 'sequence'; readonly nodes: readonly ScheduleNode[] }
  | { readonly kind: 'timed'; readonly before: ScheduleNode; readonly after: ScheduleNode; readonly when: string }
  | { readonly kind: 'cycle'; readonly options: readonly ScheduleNode[] };

/** A parsed prompt. */
export interface ScheduleTree {
  readonly root: ScheduleNode;
  /** The numbers of every `[a:b:when]`, as written. */
  readonly whens: readonly string[];
  readonly hasCycle: boolean;
  /** Whether a bracket or parenthesis closes nothing, is never closed, or holds what makes no group. */
  readonly hasStrayBracket: boolean;
  /** Whether a timed group holds a `|` of its own, taken as text. */
  readonly hasBarInTimed: boolean;
}

type Sequence = { kind: 'sequence'; nodes: ScheduleNode[] };

interface Frame {
  readonly bracket: string;
  readonly start: number;
  readonly parts: Sequence[];
  readonly separators: number[];
}

const timedNumber = new RegExp(
  String.raw`^${whitespace}*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)${whitespace}*$`,
  'u',
);

/**
 * Parses the scheduling language in one pass: `[before:after:when]`, `[after:when]` and `[a|b|…]`, nested in each other and in
 * emphasis, which stays text here. A group holds whole groups only, so the first bracket that fits nothing makes every bracket open
 * around it plain text as well, while groups already complete stay groups. (The original's grammar leaves that choice to its parser,
 * which decides by chance; it does agree wherever all brackets pair up. In `[a|b:3]` the bar is text, as the original's own known
 * answer has it; its grammar gives up on such a prompt and takes the whole of it literally.)
 * @returns undefined when the text is outside the language and the original takes it literally: a `|` that separates no
 * alternatives, or a backslash before a line break or at the end.
 */
export function parseSchedule(text: string): ScheduleTree | undefined {
  const root = sequence();
  const frames: Frame[] = [];
  const whens: string[] = [];
  let hasCycle = false;
  let hasStrayBracket = false;
  let hasBarInTimed = false;
  let textStart = 0;

  const current = (): Sequence => frames.at(-1)?.parts.at(-1) ?? root;
  const takeText = (end: number, next: number): void => {
    addText(current(), textStart, end);
    textStart = next;
  };
  /** Turns all open brackets into text; false when that leaves a `|` behind. */
  const dissolve = (): boolean => {
    for (const frame of frames) {
      if (frame.separators.some((at) => text[at] === '|')) return false;
      hasStrayBracket = true;
      addGroupText(root, frame);
    }
    frames.length = 0;
    return true;
  };

  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\\') {
      i++;
      if (i >= text.length || text[i] === '\n') return undefined;
    } else if (character === '[' || character === '(') {
      takeText(i, i + 1);
      frames.push({ bracket: character, start: i, parts: [sequence()], separators: [] });
    } else if (character === '|' || (character === ':' && frames.length > 0)) {
      const frame = frames.at(-1);
      if (frame === undefined) return undefined;
      takeText(i, i + 1);
      frame.separators.push(i);
      frame.parts.push(sequence());
    } else if (character === ']' || character === ')') {
      takeText(i, i);
      const frame = frames.at(-1);
      const group = frame === undefined ? undefined : closeGroup(text, frame, character);
      if (frame === undefined || group === undefined) {
        if (!dissolve()) return undefined;
        hasStrayBracket = true;
        continue;
      }
      frames.pop();
      if (group === 'emphasis') addGroupText(current(), frame);
      else {
        if (group.kind === 'timed') {
          whens.push(group.when);
          hasBarInTimed ||= frame.separators.some((at) => text[at] === '|');
        }
        hasCycle ||= group.kind === 'cycle';
        current().nodes.push(group);
        textStart = i + 1;
      }
    }
  }
  takeText(text.length, text.length);
  if (!dissolve()) return undefined;
  return { root, whens, hasCycle, hasStrayBracket, hasBarInTimed };
}

/** What a closing bracket makes of the open frame: a group that depends on the step, emphasis, or nothing (undefined). */
function closeGroup(
  text: string,
  frame: Frame,
  closing: string,
): Extract<ScheduleNode, { kind: 'timed' | 'cycle' }> | 'emphasis' | undefined {
  const { bracket, parts, separators } = frame;
  if (closing !== (bracket === '[' ? ']' : ')')) return undefined;
  if (separators.length === 0) return 'emphasis';
  const colons = separators.filter((at) => text[at] === ':').length;
  if (bracket === '(') return colons === 1 && separators.length === 1 ? 'emphasis' : undefined;
  if (colons === 0) return { kind: 'cycle', options: parts };
  const number = parts.at(-1);
  const when = number && timedNumber.exec(sliceOf(text, number))?.[1];
  if (when === undefined || colons > 2 || text[separators.at(-1) ?? 0] === '|') return undefined;
  const [after = sequence(), before = sequence()] = fieldsBetweenColons(text, frame).slice(0, -1).toReversed();
  return { kind: 'timed', before, after, when };
}

/** The parts of a frame with only its colons as separators; bars between them are text. */
function fieldsBetweenColons(text: string, { parts, separators }: Frame): Sequence[] {
  const fields = [sequence()];
  parts.forEach((part, i) => {
    addPart(fields.at(-1) as Sequence, part);
    const at = separators[i];
    if (at === undefined) return;
    if (text[at] === ':') fields.push(sequence());
    else addText(fields.at(-1) as Sequence, at, at + 1);
  });
  return fields;
}

const sequence = (): Sequence => ({ kind: 'sequence', nodes: [] });

/** The source of a sequence that is one slice of text; otherwise nothing. */
function sliceOf(text: string, { nodes }: Sequence): string {
  const [only] = nodes;
  return nodes.length === 1 && only?.kind === 'text' ? text.slice(only.start, only.end) : '';
}

/** Appends a slice, growing the last one where they touch. */
function addText({ nodes }: Sequence, start: number, end: number): void {
  if (start === end) return;
  const last = nodes.at(-1);
  if (last?.kind === 'text' && last.end === start) nodes[nodes.length - 1] = { kind: 'text', start: last.start, end };
  else nodes.push({ kind: 'text', start, end });
}

/** Appends the content of a part, as a slice where it is nothing but text. */
function addPart(target: Sequence, part: Sequence): void {
  const [only] = part.nodes;
  if (part.nodes.length === 1 && only?.kind === 'text') addText(target, only.start, only.end);
  else if (part.nodes.length > 0) target.nodes.push(part);
}

/** Appends a frame as text: its bracket, its parts and what separates them; the closing bracket is still to come. */
function addGroupText(target: Sequence, { start, parts, separators }: Frame): void {
  addText(target, start, start + 1);
  parts.forEach((part, i) => {
    addPart(target, part);
    const separator = separators[i];
    if (separator !== undefined) addText(target, separator, separator + 1);
  });
}
