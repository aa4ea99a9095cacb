import { stripComments } from './comments.ts';
import { splitComposition } from './composition.ts';
import type { CompositionPart } from './composition.ts';
import { extractTags, noteTagsInNegativePrompt, sameTags } from './extra-networks.ts';
import type { ExtraNetworkTag } from './extra-networks.ts';
import { quote } from './prompt-note.ts';
import type { PromptNote } from './prompt-note.ts';

/** The prompts of one batch in parts: what is left to encode, and what is asked of others. */
export interface ParsedPrompts {
  /** The parts of each positive prompt, in order. */
  readonly prompts: readonly (readonly CompositionPart[])[];
  /** Each negative prompt, whole: AND has no meaning there. */
  readonly negativePrompts: readonly string[];
  /** The tags of the first prompt; those of the others have no effect, as in A1111. */
  readonly tags: readonly ExtraNetworkTag[];
  readonly notes: readonly PromptNote[];
}

/** How prompts are taken apart. */
export interface PromptParsing {
  readonly stripComments: boolean;
  /** The tag types for which the caller has a handler; tags of other types are reported. */
  readonly handledTagTypes: readonly string[];
}

/**
 * Takes the prompts of a batch apart: comments out, `<type:args>` tags out of the positive ones and handed on, AND split. Nothing is
 * dropped without a note. Never throws.
 */
export function parsePrompts(
  prompts: readonly string[],
  negativePrompts: readonly string[],
  { stripComments: withoutComments, handledTagTypes }: PromptParsing,
): ParsedPrompts {
  const clean = (text: string): string => (withoutComments ? stripComments(text) : text);
  const notes: PromptNote[] = [];
  let tags: readonly ExtraNetworkTag[] = [];

  const parts = prompts.map((prompt, i) => {
    const extracted = extractTags(clean(prompt));
    if (i === 0) {
      tags = extracted.tags;
      notes.push(...extracted.notes, ...noteUnhandled(tags, handledTagTypes));
    } else if (!sameTags(tags, extracted.tags)) {
      const asked = quote(extracted.tags.map(({ canonical }) => canonical).join(' '));
      const message = `Prompt ${i + 1} of the batch asks for ${asked}; the tags of the first prompt apply to the whole batch.`;
      notes.push({ code: 'tag-of-later-prompt', message });
    }
    return splitComposition(extracted.text);
  });

  const negatives = negativePrompts.map(clean);
  for (const text of new Set(negatives)) {
    notes.push(...noteTagsInNegativePrompt(text));
    if (splitComposition(text).length > 1) {
      const message = 'AND in a negative prompt is the plain word "and".';
      notes.push({ code: 'and-in-negative-prompt', message });
    }
  }
  return { prompts: parts, negativePrompts: negatives, tags, notes };
}

const noteUnhandled = (tags: readonly ExtraNetworkTag[], handledTagTypes: readonly string[]): PromptNote[] =>
  tags
    .filter(({ type }) => !handledTagTypes.includes(type))
    .map(({ type, canonical }) => {
      const known = handledTagTypes.length > 0 ? ` Known here: ${handledTagTypes.join(', ')}.` : '';
      return {
        code: 'tag-unhandled',
        message: `Nothing handles tags of the type "${type}", so ${quote(canonical)} has no effect.${known}`,
      };
    });
