import { trim, wordCharacter } from '../character-classes.ts';
import { quote } from './prompt-note.ts';
import type { PromptNote } from './prompt-note.ts';

/** A tag such as `<lora:name:0.7:te=0.5>` as data; what its arguments mean is for the adapter that handles the type. */
export interface ExtraNetworkTag {
  /** In lower case: `lora`, `lyco`, `hypernet`, … */
  readonly type: string;
  /** The arguments without a name, trimmed; the first is the file's name without a file extension. */
  readonly positional: readonly string[];
  /** The arguments of the form `name=value`, trimmed; the last of a name counts. */
  readonly named: ReadonlyMap<string, string>;
  /** The tag in the form that A1111 understands. */
  readonly canonical: string;
}

/** A tag in the source of a prompt. */
interface FoundTag {
  readonly start: number;
  readonly type: string;
  readonly content: string;
  readonly written: string;
}

const opening = new RegExp(`<(${wordCharacter}+):`, 'gu');
const weightsExtension = /\.(?:safetensors|ckpt|pt)$/i;

/**
 * Takes the tags out of a prompt. Beyond A1111's form, white space around arguments, a file extension after the name and capitals in
 * the type are accepted, and each such change is noted. Never throws.
 */
export function extractTags(text: string): { text: string; tags: ExtraNetworkTag[]; notes: PromptNote[] } {
  const notes: PromptNote[] = [];
  const kept: string[] = [];
  let keptTo = 0;
  const tags = findTags(text).map((found) => {
    kept.push(text.slice(keptTo, found.start));
    keptTo = found.start + found.written.length;
    const tag = readTag(found);
    if (tag.canonical !== found.written) {
      const message = `${quote(found.written)} is read as ${quote(tag.canonical)}.`;
      notes.push({ code: 'tag-normalised', message });
    }
    return tag;
  });
  kept.push(text.slice(keptTo));
  return { text: kept.join(''), tags, notes };
}

/** Remarks on the tags in a negative prompt: they have no effect there and stay as literal text, as in A1111. */
export const noteTagsInNegativePrompt = (text: string): PromptNote[] =>
  findTags(text).map(({ written }) => ({
    code: 'tag-in-negative-prompt',
    message: `${quote(written)} stands in the negative prompt, where it is plain text and loads nothing. Move it to the prompt.`,
  }));

/** Whether two lists of tags ask for the same networks in the same order. */
export const sameTags = (a: readonly ExtraNetworkTag[], b: readonly ExtraNetworkTag[]): boolean =>
  a.length === b.length && a.every(({ canonical }, i) => canonical === b[i]?.canonical);

function findTags(text: string): FoundTag[] {
  const found: FoundTag[] = [];
  let from = 0;
  for (const { 0: prefix, 1: type = '', index: start } of text.matchAll(opening)) {
    if (start < from) continue;
    const end = text.indexOf('>', start);
    if (end < 0) break;
    const content = text.slice(start + prefix.length, end);
    if (content === '') continue;
    found.push({ start, type, content, written: text.slice(start, end + 1) });
    from = end + 1;
  }
  return found;
}

function readTag({ type: writtenType, content }: FoundTag): ExtraNetworkTag {
  const type = writtenType.toLowerCase();
  const positional: string[] = [];
  const named = new Map<string, string>();
  const items = content.split(':').map((item) => {
    const [name = '', value, ...rest] = item.split('=');
    if (value !== undefined && rest.length === 0) {
      named.set(trim(name), trim(value));
      return `${trim(name)}=${trim(value)}`;
    }
    const isFileName = positional.length === 0;
    const argument = isFileName ? trim(trim(item).replace(weightsExtension, '')) : trim(item);
    positional.push(argument);
    return argument;
  });
  return { type, positional, named, canonical: `<${type}:${items.join(':')}>` };
}
