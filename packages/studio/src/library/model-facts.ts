import type { Identification } from '@danqing/engine/identify/identification';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';

/** What a model's file says of itself: read once, kept as long as the file stays as it is. */
export interface ModelFacts {
  /** Absent where the file cannot be read as a model. */
  readonly identification?: Identification;
  /** The other name that a LoRA can be called by: what its trainer called it. */
  readonly alias?: string;
  /** What it is called by its maker. */
  readonly title?: string;
  /** Words that its maker says to use. */
  readonly triggerWords: readonly string[];
  /** Words of the captions it was trained on, the most frequent first. */
  readonly tags: readonly string[];
  /** File name of the checkpoint it was trained on. */
  readonly trainedOn?: string;
  /** Whether its notes hold pictures that show what it makes. */
  readonly hasCover: boolean;
  /** Hashes of the data that its notes claim. */
  readonly claimed: readonly ClaimedHash[];
  /** Names of classes and functions that its pickle wants to call and that are never called here. */
  readonly foreign: readonly string[];
}

/** What a file says that cannot be read. */
export const NO_FACTS: ModelFacts = { triggerWords: [], tags: [], hasCover: false, claimed: [], foreign: [] };

/** Where safetensors files note pictures that show what they make. */
export const COVER_NOTE = 'ssmd_cover_images';

/** A hash in a file's notes, which may be wrong. */
export interface ClaimedHash {
  readonly key: string;
  /** Hex digits in lower case, as many as are recorded. */
  readonly hash: string;
}

/** More would be noise in a search. */
const TAG_COUNT = 60;
/** Length of the note when it holds no picture: `[]` or `null`. */
const EMPTY_LIST = 4;
/** Longer tags are sentences. */
const TAG_CHARACTERS = 100;
/** Lists of tags may be megabytes; longer ones than this are none. */
const TAG_LIST_LIMIT = 4 << 20;
const PLACES = 2 ** 20;

/** What the notes inside a file say; nothing there is trusted to be of the right form. */
export function readNotesInside({ metadata, foreign = [] }: TensorIndex): Omit<ModelFacts, 'identification'> {
  const alias = textOf(metadata, 'ss_output_name');
  const title = textOf(metadata, 'modelspec.title');
  const trainedOn = textOf(metadata, 'ss_sd_model_name');
  const trigger = textOf(metadata, 'modelspec.trigger_phrase');
  return {
    ...(alias !== undefined && { alias }),
    ...(title !== undefined && { title }),
    ...(trainedOn !== undefined && { trainedOn }),
    triggerWords: trigger === undefined ? [] : [trigger],
    tags: frequentTags(metadata.get('ss_tag_frequency')),
    hasCover: (metadata.get(COVER_NOTE)?.length ?? 0) > EMPTY_LIST,
    claimed: ['sshs_model_hash', 'modelspec.hash_sha256'].flatMap((key) => {
      const hash = /^(?:0x)?([\da-f]{8,64})$/i.exec(metadata.get(key)?.trim() ?? '')?.[1]?.toLowerCase();
      return hash === undefined ? [] : [{ key, hash }];
    }),
    foreign,
  };
}

function textOf(metadata: ReadonlyMap<string, string>, key: string): string | undefined {
  const text = metadata.get(key)?.trim();
  return text === '' || text === 'None' ? undefined : text?.slice(0, 300);
}

/**
 * Reads kohya's counts by folder of the data set: `{"10_name": {"tag": 3, …}, …}`. Libraries have thousands of such lists, with hundreds of
 * tags each: only the tags that are kept become texts.
 */
function frequentTags(text: string | undefined): string[] {
  if (text === undefined || text.length > TAG_LIST_LIMIT) return [];
  const { places, counts, folders } = countedTags(text);
  const tags = folders > 1 ? mergeTags(text, places, counts) : { places, counts };
  return mostFrequent(tags.places, tags.counts)
    .map(({ start, end }) => readTag(text.slice(start, end)).trim().slice(0, TAG_CHARACTERS))
    .filter((tag) => tag !== '');
}

interface Place {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SPACE = 0x20;
const ZERO = 0x30;

/** Where the tags stand, and how often each occurs. Each character is looked at once, so that no list can keep us busy. */
function countedTags(text: string) {
  const places: Place[] = [];
  const counts: number[] = [];
  let folders = 0;
  for (let start = text.indexOf('"') + 1; start > 0;) {
    let at = start;
    while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
    const end = at++;
    if (end >= text.length) break;
    while (isBetween(text.charCodeAt(at))) at++;
    let count = 0;
    const digits = at;
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt(++at) - ZERO) {
      count = count * 10 + digit;
    }
    if (at === digits) folders++;
    else {
      places.push({ start, end });
      counts.push(count);
    }
    start = text.indexOf('"', at) + 1;
  }
  return { places, counts, folders };
}

const isBetween = (code: number): boolean => code === COLON || code === SPACE;

/** Adds up what a tag counts in several folders. */
function mergeTags(text: string, places: readonly Place[], counts: readonly number[]) {
  const merged = new Map<string, { readonly place: Place; count: number }>();
  for (const [i, place] of places.entries()) {
    const tag = text.slice(place.start, place.end);
    const known = merged.get(tag);
    if (known === undefined) merged.set(tag, { place, count: counts[i]! });
    else known.count += counts[i]!;
  }
  const all = [...merged.values()];
  return { places: all.map(({ place }) => place), counts: all.map(({ count }) => count) };
}

/** Sorted as numbers that hold count and place, which takes a tenth of the time. */
function mostFrequent(places: readonly Place[], counts: readonly number[]): Place[] {
  if (places.length > PLACES) return [];
  const order = new Float64Array(counts.length);
  for (let i = 0; i < order.length; i++) order[i] = Math.min(counts[i]!, PLACES) * PLACES + (PLACES - 1 - i);
  order.sort();
  return Array.from(order.subarray(-TAG_COUNT), (code) => places[PLACES - 1 - (code % PLACES)]!).reverse();
}

function readTag(escaped: string): string {
  if (!escaped.includes('\\')) return escaped;
  try {
    return JSON.parse(`"${escaped}"`) as string;
  } catch {
    return '';
  }
}
