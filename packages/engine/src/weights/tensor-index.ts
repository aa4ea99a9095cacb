import type { DType } from '../tensor/dtype.ts';
import type { PlainValue } from './plain-value.ts';

/** One stored tensor: where its bytes stand, without having read them. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * Absolute path (or another name the host understands) of the file that holds the bytes; or the name of a source in
   * `TensorIndex.derived`, when no file holds them as they are (compressed, strided, of the other byte order).
   */
  readonly file: string;
  /** Byte offset of the first element in `file`. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
  /** The source called `file`, where no file holds the bytes as they are and someone will read them later (`withSources`). */
  readonly source?: ByteSource;
}

/**
 * All tensors of one model file (or of the shards of one), in file order, and the file's own notes.
 * Every container format ends here: safetensors, torch zip, torch legacy, GGUF.
 */
export interface TensorIndex {
  /** Container format, for people: `safetensors`, `torch zip`, … */
  readonly format: string;
  readonly file: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Text metadata of the container, empty where it has none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes that are made on demand, by the name that `TensorEntry.file` calls them by; absent where all stand in place. */
  readonly derived?: ReadonlyMap<string, ByteSource>;
  /** What a torch file holds beside its tensors (`step`, `epoch`, `layer_structure` …), tensors there in words. */
  readonly extras?: ReadonlyMap<string, PlainValue>;
  /** Names of classes and functions in a pickle that were passed over; only when the reader was told to do so. */
  readonly foreign?: readonly string[];
  /** What was decided while reading that a person should know: files that were passed over for better ones. */
  readonly notes?: readonly string[];
}

/** Random access to a file's bytes; the engine's only way to see a file. */
export interface ByteSource {
  readonly file: string;
  readonly size: number;
  /** Reads exactly `length` bytes at `offset`; fails with code `io` or `bad-file` if the file is shorter. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Bytes of a source. */
export interface Span {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
}
