import type { BlockList } from '../family.ts';
import type { Condition, Evidence } from '../weights/evidence.ts';
import type { Words } from '../words.ts';
import type { KindId } from './identification.ts';

/** How one sort of file is recognised, other than checkpoints and LoRAs: one file of `signatures/`. */
export interface Signature {
  readonly id: string;
  readonly kind: Exclude<KindId, 'unknown'>;
  readonly title: Words;
  /** All of it must hold; no other signature's may hold with it. */
  readonly evidence: readonly Evidence[];
  readonly variants?: readonly { readonly id: string; readonly title: Words; readonly when: Condition }[];
  /** Which families it fits, by the first rule that names any; undefined where that does not matter. */
  readonly fits?: readonly FitRule[];
  /** Lists of like blocks, by their path: a hole in one is damage. */
  readonly lists?: readonly BlockList[];
  /** The tensors whose rows are the vectors of a word; the first that there is. */
  readonly vectors?: readonly string[];
  readonly structure?: 'kl' | 'clip-text' | 'openclip-text';
}

/**
 * Families by their id; by the first condition that holds; or by a size that they have: an axis (−1 is the last) of the
 * first of some tensors that there is.
 */
export type FitRule =
  | { readonly families: readonly string[] }
  | { readonly choose: readonly { readonly when: Condition; readonly families: readonly string[] }[] }
  | {
      readonly by: 'contextWidth' | 'textWidth' | 'latentChannels';
      readonly at: readonly string[];
      readonly axis: number;
    };
