import type { Pixels } from '../image/pixels.ts';
import type { ByteSource, TensorIndex } from './tensor-index.ts';
import type { TensorLists } from './tensor-lists.ts';
import type { Inflate } from './zip/zip-member.ts';

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
  read(source: ByteSource, options?: ReadOptions): Promise<TensorIndex>;
}

/** What a reader may be lent or told. */
export interface ReadOptions {
  /** Unpacks deflated zip members; without it they are refused. */
  readonly inflate?: Inflate;
  /** Decodes pictures; without it what is hidden in their pixels is not seen. */
  readonly decodePicture?: (picture: Uint8Array) => Promise<Pixels>;
  /**
   * `false`: do not look where each tensor's bytes begin, and say NaN as offset where that would take a read per tensor.
   * Enough to know what a file is, and much faster for large torch files.
   */
  readonly placed?: boolean;
  /**
   * `ignore`: read the tensors of a pickle although it names classes and functions outside the allow-list. They are
   * still never looked up; whoever asks for this has told the reader of the names.
   */
  readonly foreign?: 'refuse' | 'ignore';
  /**
   * Lists of tensors that were read before, for who only wants to know what many files are: entries then do not say where their bytes
   * are.
   */
  readonly lists?: TensorLists;
  /** Told of every class and function that a pickle names, allowed or not. */
  readonly onGlobal?: (global: NamedGlobal) => void;
}

/** A class or function that a pickle names, and where. */
export interface NamedGlobal {
  readonly module: string;
  readonly name: string;
  /** The file, or the member of an archive, that holds the pickle. */
  readonly where: string;
  /** Byte in the file (or in the unpacked member). */
  readonly position: number;
}

/** How many bytes of the beginning of a file the formats get to see. */
export const HEAD_BYTES = 1024;
