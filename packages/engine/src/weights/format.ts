import type { ByteSource, TensorIndex } from './tensor-index.ts';

/** A kind of container that holds tensors: one file in `formats/`. */
export interface Format {
  /** For people: `safetensors`, `torch zip`, … */
  readonly name: string;
  /** Usual file name endings, with the dot; only used to say more about a file that no format recognises. */
  readonly endings: readonly string[];
  /** Whether the first bytes of a file (up to `HEAD_BYTES`) are this container's; formats exclude each other. */
  recognise(head: Uint8Array): boolean;
  /**
   * Reads the directory of the file, never the tensors.
   * @throws bad-file when the file breaks the format's rules; unsupported for a variant that is only known by name.
   */
  read(source: ByteSource): Promise<TensorIndex>;
}

/** How many bytes of the beginning of a file the formats get to see. */
export const HEAD_BYTES = 1024;
