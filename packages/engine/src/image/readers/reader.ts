import type { GenerationParameters, Size } from '../generation-parameters.ts';

/** What a program left in a picture, as far as its reader understands it. */
export interface Reading {
  /** Program as it names itself, with its version where it says one. */
  readonly program: string;
  readonly parameters: GenerationParameters;
  /** Every sampling pass in order, when there are several; `parameters` is one of them. */
  readonly passes?: readonly GenerationParameters[];
  /** What else the picture says, that has no place in the parameters. */
  readonly details: readonly (readonly [key: string, value: string])[];
  /** What the parameters cannot say, in sentences. */
  readonly notes: readonly string[];
}

/** Reads what one family of programs writes. */
export interface Reader {
  /**
   * @param texts the texts of the picture by keyword.
   * @param size size of the picture in pixels.
   * @returns undefined when another program wrote them.
   * @throws bad-file when this program wrote them, but they are damaged.
   */
  readonly read: (texts: ReadonlyMap<string, string>, size: Size) => Reading | undefined;
}
