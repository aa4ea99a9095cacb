import type { TensorEntry } from './tensor-index.ts';

/** A list of tensors as a header has it, understood. */
export interface TensorList {
  /** Entries that do not say where their bytes are: `file` is empty, `offset` NaN. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes of all tensors together. */
  readonly dataLength: number;
}

/** Lists that are kept. */
const KEPT = 64;
/** Longer ones are not: few files share them. */
const LIMIT_CHARACTERS = 1 << 20;

/**
 * Lists of tensors that were read before, by their text. Files of one trainer share theirs to the letter, so that who looks at
 * thousands of files understands most of them at a glance.
 */
export class TensorLists {
  /** In order of use, the oldest first. */
  readonly #lists = new Map<string, TensorList>();

  get(text: string): TensorList | undefined {
    const list = this.#lists.get(text);
    if (list === undefined) return undefined;
    this.#lists.delete(text);
    this.#lists.set(text, list);
    return list;
  }

  put(text: string, list: TensorList): void {
    if (text.length > LIMIT_CHARACTERS) return;
    this.#lists.set(text, list);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > KEPT) this.#lists.delete(oldest!);
  }
}
