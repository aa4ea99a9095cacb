import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';
import type { GenerationParameters, Size } from './generation-parameters.ts';
import { closingFields, infotextFields, toSize } from './infotext-fields.ts';
import type { Draft, InfotextField } from './infotext-fields.ts';
import { findPairs, printPair } from './infotext-pairs.ts';
import { restoreOldBehaviour } from './infotext-versions.ts';
import { stripPython } from './python-text.ts';
import { splitJoinedSampler } from './readers/sampler-names.ts';

/**
 * Writes parameters as A1111 v1.10.1 does: prompt, negative prompt, and one line of pairs. The same bytes for the keys
 * that A1111 has, with two exceptions: `RNG` is written even for GPU, and values are quoted also where A1111 would
 * write something that its own reader changes.
 */
export function writeInfotext(parameters: GenerationParameters): string {
  const pairs = [
    ...printFields(infotextFields(), parameters),
    ...parameters.extra,
    ...printFields(closingFields(), parameters),
  ];
  const negative = parameters.negativePrompt === '' ? '' : `\nNegative prompt: ${parameters.negativePrompt}`;
  return stripPython(`${parameters.prompt}${negative}\n${pairs.map(printPair).join(', ')}`);
}

/**
 * Reads an infotext of any version of A1111, its relatives, or ours. Never throws: a text without parameters is a
 * prompt. White space at the ends of lines of a prompt is not kept, as in A1111.
 */
export function parseInfotext(text: string): GenerationParameters {
  const lines = stripPython(text).split('\n');
  const lastPairs = findPairs(lines.at(-1)!);
  const hasParameters = lastPairs.length >= MINIMUM_PAIRS;
  const draft: Draft = { ...UNKNOWN_PARAMETERS, ...splitPrompts(hasParameters ? lines.slice(0, -1) : lines) };
  if (!hasParameters) return draft;
  const extra = new Map<string, string>();
  for (const [key, value] of lastPairs) {
    if (FIELDS_BY_KEY.get(key)?.read(value, draft) !== true) extra.set(key, value);
  }
  splitSamplerName(draft);
  restoreHypernetwork(draft, extra);
  restoreFirstPass(draft, extra);
  draft.extra = [...extra];
  restoreOldBehaviour(draft);
  return draft;
}

/** Whether the last line of a text is a line of parameters: at least three pairs, as A1111 decides it. */
export const hasInfotextParameters = (text: string): boolean =>
  findPairs(stripPython(text).split('\n').at(-1)!).length >= MINIMUM_PAIRS;

const MINIMUM_PAIRS = 3;
const NEGATIVE = 'Negative prompt:';

const FIELDS_BY_KEY: ReadonlyMap<string, InfotextField> = new Map(
  [...infotextFields(), ...closingFields()].flatMap((field) => field.keys.map((key) => [key, field] as const)),
);

const printFields = (fields: readonly InfotextField[], parameters: GenerationParameters): [string, string][] =>
  fields.flatMap((field) => {
    const value = field.print(parameters);
    return value === undefined ? [] : [[field.keys[0], value] as [string, string]];
  });

/** Everything from the first line that begins with `Negative prompt:` on is the negative prompt. */
function splitPrompts(lines: readonly string[]): { prompt: string; negativePrompt: string } {
  const prompt: string[] = [];
  let negative: string[] | undefined;
  for (const raw of lines) {
    let line = stripPython(raw);
    if (line.startsWith(NEGATIVE)) {
      negative ??= [];
      line = stripPython(line.slice(NEGATIVE.length));
    }
    (negative ?? prompt).push(line);
  }
  return { prompt: joinLines(prompt), negativePrompt: joinLines(negative ?? []) };
}

/** A1111 joins with line breaks, but drops blank lines before the first text. */
function joinLines(lines: readonly string[]): string {
  const first = lines.findIndex((line) => line !== '');
  return first < 0 ? '' : lines.slice(first).join('\n');
}

/** Before 1.9 sampler and scheduler were one name; Civitai still writes them so. */
function splitSamplerName(draft: Draft): void {
  if (draft.samplerName === undefined) return;
  const split = splitJoinedSampler(draft.samplerName);
  draft.samplerName = split.samplerName;
  draft.scheduler = split.scheduler ?? draft.scheduler;
}

/** Before tags existed a hypernetwork was a setting with its own keys; it becomes a tag. */
function restoreHypernetwork(draft: Draft, extra: Map<string, string>): void {
  const name = extra.get('Hypernet');
  if (name === undefined) return;
  draft.prompt += `<hypernet:${name}:${extra.get('Hypernet strength') ?? '1.0'}>`;
  extra.delete('Hypernet');
  extra.delete('Hypernet strength');
}

/** Old pictures record the final size as `Size` and the size of the first pass apart; 0x0 means that it was computed. */
function restoreFirstPass(draft: Draft, extra: Map<string, string>): void {
  const recorded = toSize(extra.get('First pass size') ?? '');
  if (recorded === undefined) return;
  const final = draft.size ?? { width: 512, height: 512 };
  draft.size = recorded.width === 0 || recorded.height === 0 ? oldFirstPassSize(final) : recorded;
  draft.hires = { ...draft.hires, resize: final };
  extra.delete('First pass size');
}

/** About 512² pixels in the shape of the final picture, sides up to the next multiple of 64. */
function oldFirstPassSize(final: Size): Size {
  const scale = Math.sqrt((512 * 512) / Math.max(1, final.width * final.height));
  const side = (length: number): number => Math.ceil((scale * length) / 64) * 64;
  return { width: side(final.width), height: side(final.height) };
}
