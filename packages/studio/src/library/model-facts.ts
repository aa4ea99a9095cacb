import type { Identification } from '@danqing/engine/identify/identification';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { frequentTags } from './frequent-tags.ts';

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

/** Length of the note when it holds no picture: `[]` or `null`. */
const EMPTY_LIST = 4;

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
