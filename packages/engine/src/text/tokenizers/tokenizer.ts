/** Turns text into the ids that a text encoder reads. */
export interface Tokenizer {
  /** The ids of a text, without start and end tokens and of any length. Never throws. */
  encode(text: string): number[];
  readonly startId: number;
  readonly endId: number;
  /** What fills the rest of a sequence after its end token. */
  readonly padId: number;
  /** The id of a comma that stands alone. */
  readonly commaId: number;
}
